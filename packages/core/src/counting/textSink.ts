/** Tokens of a text, in the encoding that a policy pins. */
export type TokenCount = (text: string) => number;

/** Takes what a model says, by place (a choice's content, a tool call's arguments): the pieces of one place are one text. */
export type TextSink = {
  /** What is no text counts for nothing. */
  readonly add: (place: string, text: unknown) => void;
  readonly addReasoning: (place: string, text: unknown) => void;
};

/** What a model is shown. */
export type InputCount = { readonly tokens: number; readonly images: number };

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a list; none when it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
