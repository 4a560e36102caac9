import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hex } from 'viem';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = 'contracts/test/faulty/';

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

/** Compiles the planted implementations with the project's own compiler, which keeps what it has compiled before. */
export function compileFaulty(): Readonly<Record<string, Hex>> {
  const sources: Record<string, { content: string }> = {};
  for (const name of ['PlainDAT', 'LetterDAT', 'Faulty', 'MoneyAndTime', 'Proofs', 'EmptyPromises', 'PlainERC1155']) {
    withImports(`${folder}${name}.sol`, sources);
  }
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
