// Line and branch coverage of contracts/src by the tests of the contracts, which must be complete.
// forge measures what the compiler makes without its optimizer, and counts a line of assembly as covered when it was reached;
// it sees no branches inside of assembly. Those are what the mutants of opcodes are for.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { forgePath } from './forgePath.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const report = path.join(root, '.kedge/deep/coverage.lcov');
/** Long histories reach what the others reach, and take most of the time. */
const SLOW = 'InvariantTest|WorldWalkTest|Gas|Bytecode';

/** Places of contracts/src that no test reached: `file:line`, and for a branch which side. */
export function uncovered(lcov) {
  const places = [];
  let file = '';
  for (const line of lcov.split('\n')) {
    const [kind, rest = ''] = line.split(/:(.*)/);
    const values = rest.split(',');
    if (kind === 'SF') file = rest;
    if (!file.startsWith('contracts/src/')) continue;
    if (kind === 'DA' && values[1] === '0') places.push(`${file}:${values[0]} line`);
    if (kind === 'BRDA' && (values[3] === '0' || values[3] === '-'))
      places.push(`${file}:${values[0]} side ${values[2]} of a branch`);
  }
  return places;
}

export function checkCoverage() {
  mkdirSync(path.dirname(report), { recursive: true });
  const words = [
    'coverage',
    '--report',
    'lcov',
    '--report-file',
    report,
    '--no-match-contract',
    SLOW,
    '--color',
    'never',
  ];
  const { status, stdout, stderr } = spawnSync(forgePath(), words, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, FOUNDRY_PROFILE: 'coverage', FOUNDRY_FUZZ_RUNS: '32' },
  });
  if (status !== 0) {
    console.log(`${stdout}\n${stderr}`);
    return { passed: 0, failed: 1 };
  }
  const places = uncovered(readFileSync(report, 'utf8'));
  for (const place of places) console.log(`not covered: ${place}`);
  console.log(
    `coverage of contracts/src: ${places.length === 0 ? 'every line and every branch' : `${places.length} places missing`}`,
  );
  return places.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: places.length };
}
