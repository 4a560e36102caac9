export type Source = { path: string; heading: string; cid: string; start: number; end: number };

/** Reads an answer as a program of a reader would: quotations with their numbers, and the sources by number. */
export function citationsOf(answer: string): {
  quotations: { number: number; text: string }[];
  sources: Map<number, Source>;
} {
  const [body, list] = answer.split('\n\nSources:\n') as [string, string | undefined];
  const sources = new Map<number, Source>();
  for (const line of (list ?? '').split('\n').filter((each) => each !== '')) {
    const match = /^\[(\d+)\] (\S+) § (?:.* › )?(.+) \((\S+), bytes (\d+)-(\d+)\)$/.exec(line);
    if (match === null) throw new Error(`not a source: ${line}`);
    const [, number, path, heading, cid, start, end] = match as unknown as string[];
    sources.set(Number(number), { path: path!, heading: heading!, cid: cid!, start: Number(start), end: Number(end) });
  }
  const quotations: { number: number; text: string }[] = [];
  for (const match of body.matchAll(/([\s\S]+?)\s\[(\d+)\](?=\s|$)/g)) {
    quotations.push({ number: Number(match[2]), text: match[1]!.trim().replace(/^- /, '') });
  }
  return { quotations, sources };
}
