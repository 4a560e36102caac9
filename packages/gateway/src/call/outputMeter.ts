import { countText } from '../tokens/countText.js';

/** Collects what the model said, by choice and kind of text, and counts its tokens. */
export type OutputMeter = {
  /** Takes one element of `choices`: a whole one (`message`) or a streamed one (`delta`). */
  readonly add: (choice: unknown) => void;
  /** Exact: the sum over choices and kinds of the tokens of their whole text. */
  readonly tokens: () => number;
  /** Whether the text so far has more tokens than `limit`. Cheap while it is far from it. */
  readonly exceeds: (limit: number) => boolean;
};

// A UTF-16 unit is at most 3 bytes of UTF-8, and a token at least one byte.
const maxTokensPerUnit = 3;

/**
 * Output tokens: the texts of all choices, each kind (content, refusal, reasoning, and each tool call's name and arguments)
 * concatenated over the stream and counted as one text.
 */
export function createOutputMeter(): OutputMeter {
  const texts = new Map<string, string>();
  let fresh = '';
  // An upper estimate: texts counted piece by piece have at least as many tokens as in one piece.
  let estimate = 0;

  const append = (key: string, text: unknown): void => {
    if (typeof text !== 'string' || text === '') return;
    texts.set(key, (texts.get(key) ?? '') + text);
    fresh += text;
  };
  const tokens = (): number => {
    let sum = 0;
    for (const text of texts.values()) sum += countText(text);
    return sum;
  };

  return {
    add: (choice) => {
      if (!isObject(choice)) return;
      const index = String(choice['index'] ?? 0);
      const said = choice['delta'] ?? choice['message'];
      if (!isObject(said)) return append(`${index}/text`, choice['text']);
      append(`${index}/content`, said['content']);
      append(`${index}/refusal`, said['refusal']);
      append(`${index}/reasoning`, said['reasoning_content'] ?? said['reasoning']);
      if (isObject(said['function_call'])) appendCall(append, `${index}/function`, said['function_call']);
      if (!Array.isArray(said['tool_calls'])) return;
      said['tool_calls'].forEach((call: unknown, position) => {
        if (!isObject(call)) return;
        const key = `${index}/tool/${String(call['index'] ?? position)}`;
        const called = call['function'] ?? call['custom'];
        if (isObject(called)) appendCall(append, key, called);
      });
    },
    tokens,
    exceeds: (limit) => {
      if (estimate + fresh.length * maxTokensPerUnit <= limit) return false;
      estimate += countText(fresh);
      fresh = '';
      if (estimate > limit) estimate = tokens();
      return estimate > limit;
    },
  };
}

function appendCall(append: (key: string, text: unknown) => void, key: string, call: Record<string, unknown>): void {
  append(`${key}/name`, call['name']);
  append(`${key}/arguments`, call['arguments'] ?? call['input']);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
