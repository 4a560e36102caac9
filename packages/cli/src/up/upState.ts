import { BaseError, contractsSchema, withDecimals, type Address, type Hex } from '@kedge/core';
import * as z from 'zod';
import { readJsonFile, writeDurably } from '../files/durableFile.js';
import type { Ports } from './ports.js';

const hex = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-f]*$/i.test(value), 'not hex');
const address = z.custom<Address>(
  (value) => typeof value === 'string' && /^0x[0-9a-f]{40}$/i.test(value),
  'not an address',
);
const integer = z.string().regex(/^\d+$/).transform(BigInt);
const port = z.number().int().min(1).max(65_535);

const anchoredClassSchema = z.object({ name: z.string(), classId: integer, shareTokenId: integer });
const channelSchema = z.object({
  channelId: hex,
  holder: address,
  tokenId: integer,
  operator: address,
  channelKey: address,
  cap: integer,
  rate: integer,
  burst: integer,
  deadline: integer,
  grace: z.number().int(),
  mode: z.enum(['strict', 'capped']),
  salt: hex,
});

/** The steps of setting up that are done, each with what it made. A step is recorded once its block is on disk. */
const stepsSchema = z.object({
  contracts: contractsSchema.optional(),
  /** `cid` is of the anchored folder, `manifestCid` of its manifest in the content store. */
  docs: anchoredClassSchema.extend({ cid: z.string(), manifestCid: z.string() }).optional(),
  agent: anchoredClassSchema.extend({ policyCid: z.string(), policyHash: hex }).optional(),
  lot: z.number().int().optional(),
  tokenId: integer.optional(),
  channel: channelSchema.optional(),
  /** Id of what the contributor states about the docs. A chain from before there was a registry has none. */
  attestation: hex.optional(),
});

const upStateSchema = z.object({
  format: z.literal('kedge-up/1'),
  /** A folder that was set up before the dashboard or the indexer existed has no port for it. */
  ports: z.object({
    chain: port,
    agent: port,
    gateway: port,
    dashboard: port.exactOptional(),
    indexer: port.exactOptional(),
  }),
  /** Makes this folder's channel id its own. */
  channelSalt: hex,
  steps: stepsSchema,
});

/** What the state file holds. */
type KnownUpState = z.output<typeof upStateSchema>;
/** What `up` remembers of a data folder, with a port for everything. */
export type UpState = Omit<KnownUpState, 'ports'> & { readonly ports: Ports };
export type UpSteps = UpState['steps'];
export type Contracts = NonNullable<UpSteps['contracts']>;
export type DocsStep = NonNullable<UpSteps['docs']>;
export type AgentStep = NonNullable<UpSteps['agent']>;
export type ChannelStep = NonNullable<UpSteps['channel']>;

const wayOut = 'restore it from a copy, or move the data folder away and start anew (value bought there is then gone)';

/**
 * Reads the state file; undefined when there is none.
 *
 * @throws BaseError code `damaged_file`
 */
export function readUpState(path: string): KnownUpState | undefined {
  const json = readJsonFile(path, wayOut);
  if (json === undefined) return undefined;
  const parsed = upStateSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new BaseError(`${path} does not hold the state of kedge up: ${z.prettifyError(parsed.error)}`, {
    code: 'damaged_file',
    hints: [wayOut],
  });
}

/** Writes the state file whole, or leaves the old one. */
export function writeUpState(path: string, state: UpState): void {
  writeDurably(path, `${JSON.stringify(state, withDecimals, 2)}\n`);
}
