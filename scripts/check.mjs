// Everything `npm run check` looks at. Reads only; `npm run fix` writes.
import { spawnSync } from 'node:child_process';
import { forgePath } from './forgePath.mjs';

const bin = (script) => ['node_modules/' + script];
const node = process.execPath;
const checks = [
  ['format', node, [...bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['format of contracts', forgePath(), ['fmt', '--check']],
  ['lint', node, [...bin('oxlint/bin/oxlint'), '--deny-warnings']],
  ['types', node, [...bin('typescript/bin/tsc'), '--project', 'tsconfig.test.json']],
  ['types of the dashboard', node, [...bin('typescript/bin/tsc'), '--project', 'packages/web/tsconfig.json']],
  ['types of the Ponder app', node, [...bin('typescript/bin/tsc'), '--project', 'packages/indexer/ponder']],
  ['examples', node, ['scripts/checkExamples.mjs']],
  ['imports', node, ['scripts/checkBoundaries.mjs']],
  ['lockfile', node, ['scripts/checkLockfile.mjs']],
  ['contracts', forgePath(), ['build', '--skip', 'test', '--quiet']],
  ['generated files', node, ['scripts/generate.mjs', '--check']],
  ['size of the dashboard', node, ['packages/web/scripts/size.mjs', '--check']],
  ['packages', node, ['scripts/checkPackages.mjs']],
  ['generated reference', node, ['scripts/generateReference.mjs', '--check']],
];

let failed = 0;
for (const [name, command, args] of checks) {
  const started = Date.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  const good = status === 0;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (!good) {
    failed += 1;
    console.log([stdout, stderr, error?.message].filter(Boolean).join('\n').trimEnd());
  }
}
if (failed)
  console.log(`\n${failed} of ${checks.length} checks failed; npm run fix mends format, lint and generated files`);
process.exitCode = failed ? 1 : 0;
