// Writes what `npm run check` only compares: format, mendable lint, generated files.
import { spawnSync } from 'node:child_process';
import { forgePath } from './forgePath.mjs';

const node = process.execPath;
const steps = [
  [forgePath(), ['fmt']],
  [forgePath(), ['build', '--skip', 'test', '--quiet']],
  [node, ['scripts/generate.mjs']],
  [node, ['node_modules/typescript/bin/tsc', '--build']],
  [node, ['scripts/generateReference.mjs']],
  [node, ['packages/web/scripts/size.mjs']],
  [node, ['node_modules/oxlint/bin/oxlint', '--fix']],
  [node, ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.']],
];
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
