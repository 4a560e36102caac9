import { readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BaseError } from '@kedge/core';
import { writeDurably } from '../files/durableFile.js';
import { namingFile } from '../files/namingFile.js';
import { rpc } from './rpc.js';

const unzip = promisify(gunzip);
/** How often the state is read beside a chain that goes on mining, before mining is held. */
const freeAttempts = 3;
const heldAttempts = 10;

/**
 * Asks the node for its whole state and puts it into `file`, in place of the one before: the gzipped JSON that
 * `anvil_dumpState` returns, unchanged.
 *
 * The node reads blocks and accounts one after the other, so a block mined in between would tear the dump: it is kept
 * only when the block number was the same before and after. When blocks come faster than that, mining is held for the time
 * of one dump; transactions wait in the pool meanwhile.
 *
 * @returns the number of the newest block in the dump
 */
export async function dumpChain(url: string, file: string): Promise<bigint> {
  const dumped = await untorn(url, file, freeAttempts);
  if (dumped !== undefined) return dumped;
  await rpc(url, 'evm_setAutomine', [false]);
  try {
    const held = await untorn(url, file, heldAttempts);
    if (held !== undefined) return held;
  } finally {
    await rpc(url, 'evm_setAutomine', [true]);
  }
  throw new BaseError('the chain mines although it was told to hold', {
    kind: 'transient',
    code: 'chain_busy',
    hints: ['the state saved before is kept; the next block is another chance'],
  });
}

async function untorn(url: string, file: string, attempts: number): Promise<bigint | undefined> {
  let before = await blockNumber(url);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const state = String(await rpc(url, 'anvil_dumpState'));
    const after = await blockNumber(url);
    if (after === before) {
      writeDurably(file, Buffer.from(state.slice(2), 'hex'));
      return after;
    }
    before = after;
  }
  return undefined;
}

async function blockNumber(url: string): Promise<bigint> {
  return BigInt(String(await rpc(url, 'eth_blockNumber')));
}

/** A dump laid out as the node reads it. */
type LoadableDump = { readonly file: string; remove(): void };

/**
 * Unpacks a dump for `--load-state`, which takes plain JSON only. Undefined when there is no dump.
 *
 * @throws BaseError code `damaged_chain_state`
 */
export async function unpackDump(file: string, folder: string): Promise<LoadableDump | undefined> {
  let packed: Uint8Array;
  try {
    packed = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const unpacked = join(folder, 'load.json');
  let json: Buffer;
  try {
    json = withOneGenesis(await unzip(packed));
  } catch (cause) {
    throw new BaseError(`the saved chain ${file} is damaged: ${(cause as Error).message}`, {
      code: 'damaged_chain_state',
      cause,
      hints: [
        'put back a copy of that file',
        'or move the data folder away and run kedge up again: it then begins a new chain',
      ],
    });
  }
  await writeFile(unpacked, json, { mode: 0o600 }).catch(namingFile(unpacked));
  return { file: unpacked, remove: () => rmSync(unpacked, { force: true }) };
}

type Header = { readonly number: string; readonly timestamp: string };
type State = { readonly blocks?: readonly { readonly header: Header }[] };

/**
 * The node makes a genesis at every start and dumps it beside the loaded one, in any order, of which it takes the last: block 1
 * would have another parent than block 0. The chain's own is the one that was made first.
 */
function withOneGenesis(json: Buffer): Buffer {
  const state = JSON.parse(json.toString('utf8')) as State;
  const all = state.blocks ?? [];
  const geneses = all.filter(({ header }) => BigInt(header.number) === 0n);
  const [first, ...later] = geneses.toSorted((a, b) => Number(BigInt(a.header.timestamp) - BigInt(b.header.timestamp)));
  if (first === undefined || later.length === 0) return json;
  const blocks = all.filter((block) => !later.includes(block));
  return Buffer.from(JSON.stringify({ ...state, blocks }));
}
