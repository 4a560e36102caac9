import type { TextSink } from '@kedge/core';
import { countText } from '../tokens/countText.js';

/** Collects what a model says, by place and kind of text, and counts its tokens. */
export type TextMeter = TextSink & {
  /** Exact: the sum over places of the tokens of their whole text. */
  readonly tokens: () => { readonly outputTokens: number; readonly reasoningTokens: number };
  /** Whether the text so far has more tokens than `limit`. Cheap while it is far from it. */
  readonly exceeds: (limit: number) => boolean;
};

// A UTF-16 unit is at most 3 bytes of UTF-8, and a token at least one byte.
const maxTokensPerUnit = 3;

/** Output tokens: the text of each place, concatenated over the stream and counted as one text. */
export function createTextMeter(): TextMeter {
  const texts = new Map<string, string>();
  const reasoning = new Map<string, string>();
  let fresh = '';
  // An upper estimate: texts counted piece by piece have at least as many tokens as in one piece.
  let estimate = 0;

  const append = (to: Map<string, string>, place: string, text: unknown): void => {
    if (typeof text !== 'string' || text === '') return;
    to.set(place, (to.get(place) ?? '') + text);
    fresh += text;
  };
  const tokens = () => {
    const reasoningTokens = countAll(reasoning);
    return { outputTokens: countAll(texts) + reasoningTokens, reasoningTokens };
  };

  return {
    add: (place, text) => append(texts, place, text),
    addReasoning: (place, text) => append(reasoning, place, text),
    tokens,
    exceeds: (limit) => {
      if (estimate + fresh.length * maxTokensPerUnit <= limit) return false;
      estimate += countText(fresh);
      fresh = '';
      if (estimate > limit) estimate = tokens().outputTokens;
      return estimate > limit;
    },
  };
}

function countAll(texts: ReadonlyMap<string, string>): number {
  let sum = 0;
  for (const text of texts.values()) sum += countText(text);
  return sum;
}
