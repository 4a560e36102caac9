import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Mutant } from './mutant.js';
import type { Result, Verdict } from './results.js';

/** Why no test can or need kill a mutant; matches every mutant of that function with that change. */
type Explanation = {
  readonly file: string;
  readonly within: string;
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
};

export type Judged = { readonly mutant: Mutant; readonly verdict: Verdict; readonly explanation: string | undefined };

const BEGIN = '<!-- begin: written by npm run test:deep -- --mutation -->';
const END = '<!-- end -->';

export function readExplanations(root: string): readonly Explanation[] {
  return JSON.parse(readFileSync(path.join(root, 'packages/testing/mutation/explained.json'), 'utf8')) as Explanation[];
}

/** The mutants that have a result, with what is known about survivors. */
export function join(
  mutants: readonly Mutant[],
  results: ReadonlyMap<string, Result>,
  explanations: readonly Explanation[],
): readonly Judged[] {
  return mutants.flatMap((mutant) => {
    const result = results.get(mutant.id);
    if (result === undefined) return [];
    const explanation = explanations.find(
      (known) =>
        known.file === mutant.file &&
        known.within === mutant.within &&
        known.original === mutant.original &&
        known.replacement === mutant.replacement,
    );
    return [{ mutant, verdict: result.verdict, explanation: explanation?.reason }];
  });
}

/** Survivors that nobody has explained. */
export function openQuestions(judged: readonly Judged[]): readonly Mutant[] {
  return judged.flatMap(({ mutant, verdict, explanation }) =>
    verdict === 'survived' && explanation === undefined ? [mutant] : [],
  );
}

/** The tables of docs/security/mutation.md. */
export function reportText(total: number, judged: readonly Judged[]): string {
  const files = [...new Set(judged.map(({ mutant }) => mutant.file))].toSorted();
  const rows = [
    ...files.map((file) =>
      rowOf(
        file.replace('contracts/src/', ''),
        judged.filter(({ mutant }) => mutant.file === file),
      ),
    ),
    rowOf('**all**', judged),
  ];
  const survivors = judged.filter(({ verdict }) => verdict === 'survived');
  return [
    `${judged.length} of ${total} mutants judged.`,
    '',
    '| File | Judged | Do not compile | Equal code | Killed | Survived | Score |',
    '| ---- | -----: | -------------: | ---------: | -----: | -------: | ----: |',
    ...rows,
    '',
    ...(survivors.length === 0 ? [] : ['| Survivor | Change | Why |', '| -------- | ------ | --- |']),
    ...survivors.map(({ mutant, explanation }) => {
      const change = `${code(mutant.original)} → ${mutant.replacement === '' ? 'nothing' : code(mutant.replacement)}`;
      return `| \`${mutant.within}\` | ${change} | ${explanation ?? 'open'} |`;
    }),
  ].join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')}\``;
}

function rowOf(name: string, judged: readonly Judged[]): string {
  const count = (verdict: Verdict): number => judged.filter((one) => one.verdict === verdict).length;
  const [killed, survived] = [count('killed'), count('survived')];
  const score = killed + survived === 0 ? 'none' : `${((100 * killed) / (killed + survived)).toFixed(1)} %`;
  return `| ${[name, judged.length, count('invalid'), count('equivalent'), killed, survived, score].join(' | ')} |`;
}

/** Puts the text between the marks of docs/security/mutation.md. */
export function writeReport(root: string, text: string): void {
  const file = path.join(root, 'docs/security/mutation.md');
  const page = readFileSync(file, 'utf8');
  const [before, rest] = page.split(BEGIN) as [string, string | undefined];
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${file} has no "${BEGIN}" … "${END}"`);
  writeFileSync(file, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`);
}
