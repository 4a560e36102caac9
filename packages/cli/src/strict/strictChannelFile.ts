import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  addressSchema,
  BaseError,
  encodeChannelRecords,
  hexSchema,
  parseChannelRecords,
  parseVoucherMemory,
  parseWith,
  voucherMemoryToJson,
  type Address,
  type ChannelRecord,
  type Hex,
  type VoucherMemory,
} from '@kedge/core';
import * as z from 'zod';
import { makeFolder } from '../files/dataPaths.js';
import { readJsonFile, writeDurably } from '../files/durableFile.js';

/** A strict channel as its client keeps it: terms, API key, and the channel key itself. */
type StrictChannelFile = {
  readonly record: ChannelRecord;
  readonly chainId: number;
  readonly valueChannels: Address;
  /** Private key of the channel key. Whoever has it can sign for all that the channel locks. */
  readonly channelKey: Hex;
  readonly apiKey: string;
  /** Ends in /v1; absent when it was not known as the channel was opened. */
  readonly gatewayUrl?: string | undefined;
};

const format = 'kedge-strict-channel/1';

const fileSchema = z.object({
  format: z.literal(format),
  record: z.unknown(),
  chainId: z.int().positive(),
  valueChannels: addressSchema,
  channelKey: hexSchema,
  apiKey: z.string().min(1),
  gatewayUrl: z.string().optional(),
});

/** Where the keys of the channels of this data folder are: strict channels, and the API keys of the others. */
export function channelsFolderOf(dataDir: string): string {
  return join(dataDir, 'channels');
}

/** Writes a strict channel's file, readable by this user only. */
export function writeStrictChannel(dataDir: string, file: StrictChannelFile): string {
  const folder = channelsFolderOf(dataDir);
  makeFolder(folder);
  const path = join(folder, `${file.record.channelId}.json`);
  const record: unknown = JSON.parse(encodeChannelRecords([file.record]))[0];
  writeDurably(path, `${JSON.stringify({ format, ...file, record }, null, 2)}\n`);
  return path;
}

const channelWayOut =
  'restore it from a copy: it has the keys of this channel; without one the operator can close the channel now, anyone after its deadline and grace, and kedge channel close returns what was not captured';
const memoryWayOut =
  'restore it from a copy that is as new as the last call, or open another channel: it says what was signed for already';

/**
 * Reads a strict channel's file: the one that is named, by path or channel id, or the only one there is.
 *
 * @throws BaseError `no_strict_channel`, `strict_channel_invalid`
 */
export function readStrictChannel(
  dataDir: string,
  named: string | undefined,
  cwd: string,
): StrictChannelFile & { readonly path: string } {
  const path = pathOf(dataDir, named, cwd);
  const json = readJsonFile(path, channelWayOut);
  if (json === undefined) {
    throw new BaseError(`There is no strict channel in ${path}.`, {
      code: 'no_strict_channel',
      hints: ['Open one with: kedge channel open <tokenId> --mode strict'],
    });
  }
  const what = { what: path, code: 'strict_channel_invalid' };
  const { record, ...rest } = parseWith(fileSchema, json, what);
  const [parsed] = parseChannelRecords([record]);
  return { ...rest, record: parsed!, path };
}

/** The gateway that a channel was opened for, where this data folder has it as a strict one; nothing of its secrets. */
export function strictGatewayOf(dataDir: string, channelId: Hex): string | undefined {
  const json = readJsonFile(join(channelsFolderOf(dataDir), `${channelId}.json`), channelWayOut);
  const parsed = fileSchema.safeParse(json);
  return parsed.success ? parsed.data.gatewayUrl : undefined;
}

/** What the last run of the channel's client left. */
export function readVoucherMemory(path: string): VoucherMemory | undefined {
  const json = readJsonFile(memoryPathOf(path), memoryWayOut);
  if (json === undefined) return undefined;
  return parseVoucherMemory(json, memoryPathOf(path));
}

/** Keeps it: before a voucher leaves, so that no kill makes the client sign for the same units twice. */
export function writeVoucherMemory(path: string, memory: VoucherMemory): void {
  writeDurably(memoryPathOf(path), `${JSON.stringify(voucherMemoryToJson(memory))}\n`);
}

function memoryPathOf(path: string): string {
  return path.replace(/(\.json)?$/, '.vouchers.json');
}

function pathOf(dataDir: string, named: string | undefined, cwd: string): string {
  const folder = channelsFolderOf(dataDir);
  if (named !== undefined) {
    return /^0x[0-9a-f]{64}$/i.test(named) ? join(folder, `${named.toLowerCase()}.json`) : resolve(cwd, named);
  }
  const files = filesIn(folder);
  if (files.length === 1) return join(folder, files[0]!);
  throw new BaseError(
    files.length === 0 ? 'This data folder has no strict channel.' : `There are ${files.length} strict channels.`,
    {
      code: 'no_strict_channel',
      values: files.length === 0 ? { folder } : { channels: files.map((file) => file.replace('.json', '')).join(', ') },
      hints: [
        files.length === 0
          ? 'Open one with: kedge channel open <tokenId> --mode strict'
          : 'Name one: kedge connect <channelId>',
      ],
    },
  );
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => /^0x[0-9a-f]{64}\.json$/.test(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
