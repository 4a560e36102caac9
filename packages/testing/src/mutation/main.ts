// node packages/testing/dist/mutation/main.js [--limit N] [--only path] [--survivors] [--workers N] [--report]
// Judges mutants of the contracts, goes on where it was interrupted, and writes what was found to docs/security/mutation.md.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { join, openQuestions, readExplanations, reportText, writeReport } from './report.js';
import { dropResults, readResults } from './results.js';
import { findMutants, resultsFile, runMutation } from './runMutation.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
    only: { type: 'string', default: '' },
    survivors: { type: 'boolean', default: false },
    workers: { type: 'string', default: '1' },
    report: { type: 'boolean', default: false },
  },
});
const local = path.join(root, 'node_modules/.bin/forge');
const forge = existsSync(local) ? local : 'forge';
const print = (line: string): void => console.log(line);

const found = findMutants(root);
const judge = () => join(found.mutants, readResults(resultsFile(root)), readExplanations(root));
// A survivor that is explained is not tried again.
const mutants = values.survivors ? openQuestions(judge()) : found.mutants;
if (!values.report) {
  const [limit, workers] = [Number(values.limit), Number(values.workers)];
  const { targets, mutants: known } = found;
  await runMutation({ ...values, targets, mutants, known, root, forge, limit, workers, print });
}
dropResults(resultsFile(root), new Set(found.mutants.map(({ id }) => id)));
const judged = judge();
writeReport(root, reportText(found.mutants.length, judged));
const open = openQuestions(judged);
for (const mutant of open) {
  print(`open: ${mutant.file}:${mutant.line} ${mutant.within}\n  - ${mutant.original}\n  + ${mutant.replacement}`);
}
print(
  `${judged.length} of ${found.mutants.length} mutants judged, ${open.length} survivors neither killed nor explained`,
);
process.exitCode = open.length === 0 ? 0 : 1;
