import type { TextSink, TokenCount } from '@kedge/core';

/** Collects what a model says, and counts its tokens. */
export type TextCounter = TextSink & {
  /** Exact, and linear in the length of the texts. */
  readonly tokens: () => number;
  /** Those of them that are reasoning. */
  readonly reasoningTokens: () => number;
  /** The same, but never more than it will be when the last words have grown: cheap. */
  readonly settledTokens: () => number;
};

type Text = { readonly isReasoning: boolean; whole: string; settled: number; counted: number };

export function createTextCounter(count: TokenCount): TextCounter {
  const texts = new Map<string, Text>();
  const append = (key: string, piece: unknown, isReasoning = false): void => {
    if (typeof piece !== 'string' || piece === '') return;
    const text = texts.get(key);
    if (text === undefined) texts.set(key, { isReasoning, whole: piece, settled: 0, counted: 0 });
    else text.whole += piece;
  };
  const sum = (of: (text: Text) => number): number => [...texts.values()].reduce((all, text) => all + of(text), 0);
  return {
    add: (place, piece) => append(place, piece),
    addReasoning: (place, piece) => append(`reasoning ${place}`, piece, true),
    tokens: () => sum(({ whole }) => count(whole)),
    reasoningTokens: () => sum(({ isReasoning, whole }) => (isReasoning ? count(whole) : 0)),
    settledTokens: () => {
      for (const text of texts.values()) settleWords(text, count);
      return sum(({ settled }) => settled);
    },
  };
}

/** Counts up to the last space between words: a word begins there for the tokenizer, whatever still comes. */
function settleWords(text: Text, count: TokenCount): void {
  const { whole, counted } = text;
  for (let at = whole.length - 2; at > counted; at--) {
    if (whole[at] !== ' ' || !/\S/.test(whole[at - 1]!) || !/[A-Za-z]/.test(whole[at + 1]!)) continue;
    text.settled += count(whole.slice(counted, at));
    text.counted = at;
    return;
  }
}
