import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  BaseError,
  laterContracts,
  neededContracts,
  parseDeployment,
  parseUpFile,
  type Deployment,
  type UpFile,
} from '@kedge/core';
import { dataDirOf, type Context } from './context.js';
import { readGivenFile } from './files/readGivenFile.js';
import { parseAddress, textOption } from './parse.js';
import { usageError } from './usageError.js';

/** What a command is to work on, before anything is asked of the chain. */
export type Target = {
  /** Absolute path of the data folder, which need not exist. */
  readonly dataDir: string;
  /** The local stack, when the data folder has one and no other chain was named. */
  readonly up?: UpFile | undefined;
  readonly rpcUrl?: string | undefined;
  /** `chainId` is absent when `--contracts` listed addresses only: it is then the chain's own. */
  readonly contracts?: Deployment['contracts'] | undefined;
  readonly chainId?: number | undefined;
  /** The block of the first of the contracts, where their file says it. */
  readonly firstBlock?: number | undefined;
};

const contractNames = [...neededContracts, ...laterContracts];

/** Reads `--rpc`, `--contracts`, `--data-dir` and `.kedge/up.json`. The options win over the file. */
export async function findTarget(context: Pick<Context, 'cwd' | 'options'>): Promise<Target> {
  const dataDir = await dataDirOf(context);
  const up = await readUpFile(join(dataDir, 'up.json'));
  const rpcUrl = textOption(context, 'rpc') ?? up?.rpcUrl;
  if (rpcUrl !== undefined && !/^https?:\/\/[^/]/.test(rpcUrl)) {
    throw usageError(`--rpc must be an http or https URL, not "${rpcUrl}".`);
  }
  const named = textOption(context, 'contracts');
  const given = named === undefined ? undefined : await readContracts(named, context.cwd);
  // Another chain's contracts are not those of the local stack, wherever its file lies.
  const local = rpcUrl === up?.rpcUrl ? up : undefined;
  const contracts = given?.contracts ?? local?.contracts;
  const { chainId, firstBlock } = given ?? local ?? {};
  return { dataDir, up: local, rpcUrl, contracts, chainId, firstBlock };
}

/** `.kedge/up.json`, or nothing when there is none. */
async function readUpFile(path: string): Promise<UpFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseUpFile(parseJson(text, path));
}

/** Parses JSON of a file that somebody named; the error says which. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BaseError(`${path} is not JSON.`, {
      code: 'not_json',
      hints: [cause instanceof Error ? cause.message : String(cause)],
      cause,
    });
  }
}

/** Reads and parses a JSON file that somebody named. */
export async function readJson(path: string): Promise<unknown> {
  return parseJson((await readGivenFile('', path)).toString(), path);
}

type Given = Pick<Deployment, 'contracts'> & Partial<Deployment>;

async function readContracts(text: string, cwd: string): Promise<Given> {
  if (!text.includes('=')) return parseDeployment(await readJson(resolve(cwd, text)));
  const pairs = text.split(',').map((pair) => {
    const [name = '', address = ''] = pair.split('=');
    const known = contractNames.find((candidate) => candidate === name.trim());
    if (known === undefined)
      throw usageError(`--contracts names "${name}", which is none of ${contractNames.join(', ')}.`);
    return [known, parseAddress(address.trim(), name)] as const;
  });
  const contracts: Partial<Deployment['contracts']> = Object.fromEntries(pairs);
  const missing = neededContracts.filter((name) => contracts[name] === undefined);
  if (missing.length > 0) throw usageError(`--contracts lacks ${missing.join(', ')}.`);
  return { contracts: contracts as Deployment['contracts'] };
}
