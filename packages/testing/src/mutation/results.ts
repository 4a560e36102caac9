import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * `killed`: a test failed. `survived`: none did. `invalid`: does not compile. `equivalent`: the optimizer makes the same
 * code of it as of the original.
 */
export type Verdict = 'killed' | 'survived' | 'invalid' | 'equivalent';
export type Result = { readonly id: string; readonly verdict: Verdict; readonly by: string };

/** What was found so far, the last word on each mutant; a line that was cut off by an interruption is left out. */
export function readResults(file: string): Map<string, Result> {
  if (!existsSync(file)) return new Map();
  const results = new Map<string, Result>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!/^\{.*\}$/.test(line)) continue;
    const result = JSON.parse(line) as Result;
    results.set(result.id, result);
  }
  return results;
}

/** Leaves one line for each mutant that there still is: those of functions that were changed since are dropped. */
export function dropResults(file: string, ids: ReadonlySet<string>): void {
  const results = [...readResults(file).values()].filter(({ id }) => ids.has(id));
  if (results.length === 0) return;
  writeFileSync(`${file}.new`, results.map((result) => `${JSON.stringify(result)}\n`).join(''));
  renameSync(`${file}.new`, file);
}

/** A new line comes first: the last one may have been cut off. */
export function appendResult(file: string, result: Result): void {
  mkdirSync(path.dirname(file), { recursive: true });
  appendFileSync(file, `\n${JSON.stringify(result)}`);
}
