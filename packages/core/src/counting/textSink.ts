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
