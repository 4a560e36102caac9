/** As many words of a text as have `maxTokens` at most, by halves: counting reads the whole text, so it is done seldom. */
export function cutToTokens(text: string, maxTokens: number, count: (text: string) => number): string {
  if (count(text) <= maxTokens) return text;
  const words = text.split(/(?=\s)/);
  let [fitting, over] = [0, words.length];
  while (over - fitting > 1) {
    const middle = (fitting + over) >> 1;
    if (count(words.slice(0, middle).join('')) <= maxTokens) fitting = middle;
    else over = middle;
  }
  return words.slice(0, fitting).join('');
}
