import { resolve } from 'node:path';
import { addressSchema, parseWith } from '@kedge/core';
import * as z from 'zod';

/** The highest pace that Ponder knows for an RPC. */
export const unpaced = 500;

const count = z.int().positive();

/** Schemas of the server, of everybody, and of Ponder's own: never the indexer's to drop. */
const sharedSchema = /^(public|information_schema|pg_.*|ponder_sync)$/;

/** The configuration file of the indexer. */
const indexerSettingsSchema = z.strictObject({
  rpcUrl: z.url({ protocol: /^https?$/ }),
  chainId: count,
  contracts: z.looseObject({
    DataAnchoringToken: addressSchema,
    ValueChannels: addressSchema,
    ValueMarket: addressSchema,
    /** Older deployments are without these. */
    AttestationRegistry: addressSchema.exactOptional(),
    ValuePlans: addressSchema.exactOptional(),
    ContributorRoots: addressSchema.exactOptional(),
    OperatorBond: addressSchema.exactOptional(),
    ChannelDeposits: addressSchema.exactOptional(),
  }),
  /** First block that is looked at: that of the deployment. */
  startBlock: z.int().min(0).default(0),
  host: z.string().default('127.0.0.1'),
  /** 0: any free port. */
  port: z.int().min(0).max(65535).default(0),
  /** Embedded PostgreSQL in a folder, or a PostgreSQL by URL. */
  database: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('pglite'), directory: z.string().min(1) }),
    z.strictObject({
      kind: z.literal('postgres'),
      url: z.url({ protocol: /^postgres(ql)?$/ }),
      /** Its own: it is dropped where the indexer begins anew. */
      schema: z
        .string()
        .regex(/^[a-z_][a-z0-9_]{0,44}$/)
        .refine((name) => !sharedSchema.test(name), {
          error: 'must be a schema of its own, which public, information_schema, pg_… and ponder_sync are not',
        }),
    }),
  ]),
  /** Where metadata and policies are read from; without it, names are null. */
  contentStoreDir: z.string().min(1).exactOptional(),
  pollingMs: z.int().min(100).default(1_000),
  /** Requests a second that the RPC takes; from 500 on, as many as come. */
  requestsPerSecond: count.default(unpaced),
  /** Whether logs and blocks are not kept: right where the node is near. */
  disableCache: z.boolean().default(true),
  logLevel: z.enum(['error', 'warn', 'info', 'debug', 'trace']).default('warn'),
});

export type IndexerSettings = z.output<typeof indexerSettingsSchema>;
export type IndexerSettingsInput = z.input<typeof indexerSettingsSchema>;
/** Environment variable that carries the settings into the Ponder app, as JSON. */
export const settingsVariable = 'KEDGE_INDEXER_SETTINGS';

/**
 * Reads the settings of an indexer.
 *
 * @throws BaseError `indexer_settings_invalid`, naming the fields.
 */
export function parseIndexerSettings(value: unknown): IndexerSettings {
  const settings = parseWith(indexerSettingsSchema, value, {
    what: "The indexer's configuration",
    code: 'indexer_settings_invalid',
  });
  const { database, contentStoreDir } = settings;
  // Paths are relative to where the program was started.
  if (database.kind === 'pglite') database.directory = resolve(database.directory);
  return { ...settings, ...(contentStoreDir === undefined ? {} : { contentStoreDir: resolve(contentStoreDir) }) };
}

/** The settings of this process, as `runIndexer` left them for the Ponder app. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): IndexerSettings {
  return parseIndexerSettings(JSON.parse(env[settingsVariable] ?? '{}'));
}

/** Ponder begins with this many requests a second for each URL. */
const requestsPerUrl = 20;

/**
 * The RPC's URL, as often as it takes requests: Ponder paces each URL by itself and slowly raises the pace, so one URL would
 * bind a first run, which asks for every block that holds an event. The query strings differ, the node does not look.
 */
export function rpcUrlsOf({ rpcUrl, requestsPerSecond }: IndexerSettings): string[] {
  const urls = Math.max(1, Math.floor(requestsPerSecond / requestsPerUrl));
  return Array.from({ length: urls }, (_, lane) => {
    if (lane === 0) return rpcUrl;
    const url = new URL(rpcUrl);
    url.searchParams.set('lane', String(lane));
    return url.href;
  });
}
