import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hex } from 'viem';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A source and everything it imports, by the names that the imports use. */
function withImports(file: string, sources: Record<string, { content: string }>): void {
  if (sources[file] !== undefined) return;
  const path = existsSync(root + file) ? root + file : `${root}node_modules/${file}`;
  const content = readFileSync(path, 'utf8');
  sources[file] = { content };
  for (const [, target] of content.matchAll(/^import [^"]*"([^"]+)";/gm)) {
    withImports(target!.startsWith('.') ? posix.join(dirname(file), target!) : target!, sources);
  }
}

/** The planted implementations, which the contracts' own tests use, too. */
export const compileFaulty = (): Codes =>
  compileFolder('contracts/test/faulty/', [
    'PlainDAT',
    'LetterDAT',
    'Faulty',
    'MoneyAndTime',
    'Proofs',
    'EmptyPromises',
    'PlainERC1155',
  ]);

/** Implementations that conform to the draft, or nearly, and were made in other ways than ours. */
export const compileOthers = (): Codes =>
  compileFolder('packages/conform/test/others/', ['FreeDAT', 'EnumerableDAT', 'OtherWays']);

type Codes = Readonly<Record<string, Hex>>;

/** Compiles with the project's own compiler, which keeps what it has compiled before. */
function compileFolder(folder: string, names: readonly string[]): Codes {
  const sources: Record<string, { content: string }> = {};
  for (const name of names) withImports(`${folder}${name}.sol`, sources);
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      evmVersion: 'cancun',
      outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
    },
  };
  const { stdout, stderr } = spawnSync(process.execPath, [`${root}scripts/solc.cjs`, '--standard-json'], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const output = JSON.parse(stdout) as {
    errors?: { severity: string; formattedMessage: string }[];
    contracts?: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
  };
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0 || output.contracts === undefined) {
    throw new Error(stderr + errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  }
  return Object.fromEntries(
    Object.entries(output.contracts)
      .filter(([file]) => file.startsWith(folder))
      .flatMap(([, contracts]) => Object.entries(contracts))
      .map(([name, { evm }]) => [name, `0x${evm.bytecode.object}` as const]),
  );
}
