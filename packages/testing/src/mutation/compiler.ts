import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Sources by the names that their imports use; the contents are bytes, because the compiler counts in bytes. */
export type Sources = ReadonlyMap<string, Buffer>;

type Solc = { readonly compile: (input: string) => string };
type Output = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { readonly ast?: unknown }>>;
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>>>
  >;
};

let loaded: Solc | undefined;

/** The contracts' own compiler, in this process: loading it costs more than a compilation. */
function solc(root: string): Solc {
  loaded ??= createRequire(path.join(root, 'contracts/package.json'))('solc') as Solc;
  return loaded;
}

/** The files that contain `file`'s code and all that it imports. */
export function readWithImports(root: string, file: string, sources: Map<string, Buffer> = new Map()): Sources {
  if (sources.has(file)) return sources;
  const local = path.join(root, file);
  const content = readFileSync(existsSync(local) ? local : path.join(root, 'node_modules', file));
  sources.set(file, content);
  for (const imported of importsOf(file, content.toString('utf8'))) readWithImports(root, imported, sources);
  return sources;
}

/** The names of what a source imports. */
export function importsOf(file: string, content: string): string[] {
  return [...content.matchAll(/^(?:import|\}) ?[^;"]*"([^"]+)";/gm)].map(([, target]) =>
    target!.startsWith('.') ? path.posix.join(path.dirname(file), target!) : target!,
  );
}

function compile(root: string, sources: Sources, outputSelection: unknown, optimizer: boolean): Output {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...sources].map(([name, content]) => [name, { content: content.toString('utf8') }])),
    settings: {
      optimizer: { enabled: optimizer, runs: 1_000_000 },
      evmVersion: 'cancun',
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection,
    },
  };
  return JSON.parse(solc(root).compile(JSON.stringify(input))) as Output;
}

function errorsOf(output: Output): string[] {
  return (output.errors ?? []).filter((error) => error.severity === 'error').map((error) => error.formattedMessage);
}

/**
 * Syntax trees of all sources.
 * @throws where a source does not compile.
 */
export function compileTrees(root: string, sources: Sources): ReadonlyMap<string, unknown> {
  const output = compile(root, sources, { '*': { '': ['ast'] } }, false);
  const errors = errorsOf(output);
  if (errors.length !== 0) throw new Error(errors.join('\n'));
  return new Map(Object.entries(output.sources).map(([name, { ast }]) => [name, ast]));
}

/**
 * Creation code of the contract that bears each file's name, by file; undefined where the sources do not compile.
 * @param optimizer on makes code that is equal for more of the equal programs, and takes four times as long.
 */
export function compileContracts(
  root: string,
  sources: Sources,
  files: readonly string[],
  optimizer: boolean,
): ReadonlyMap<string, string> | undefined {
  const name = (file: string): string => path.basename(file, '.sol');
  const selection = Object.fromEntries(files.map((file) => [file, { [name(file)]: ['evm.bytecode.object'] }]));
  let output: Output;
  try {
    output = compile(root, sources, selection, optimizer);
  } catch (error) {
    // The wasm module traps on a few inputs and cannot be used after that.
    if (!(error instanceof Error && error.name === 'RuntimeError')) throw error;
    loaded = undefined;
    return undefined;
  }
  if (errorsOf(output).length !== 0) return undefined;
  return new Map(files.map((file) => [file, `0x${output.contracts![file]![name(file)]!.evm.bytecode.object}`]));
}
