import * as z from 'zod';
import { deploymentSchema, type Deployment } from './deployment.js';
import type { Address, Hex } from './hex.js';
import { addressSchema, hashSchema, parseWith } from './schemas.js';

/**
 * `config.json` beside the dashboard: where its data come from. A path that begins with `/` is on the dashboard's own
 * server.
 */
export type WebConfig = Deployment & {
  rpcUrl: string;
  /** Shown as the chain's name. */
  chainName?: string;
  /** Ends in `/v1`. Without it calls cannot be tried. */
  gatewayUrl?: string;
  /** What other OpenAI clients use, where `gatewayUrl` is a path. */
  publicGatewayUrl?: string;
  /** The channel that the key below belongs to. */
  channelId?: Hex;
  /** Only of a local stack, and only to a browser on the same machine. */
  apiKey?: string;
  models?: string[];
  indexerUrl?: string;
  /** Where an operator's gateway lists calls that the upstream counted otherwise; on its own machine only. */
  usageDifferencesUrl?: string;
  /** Where an operator's gateway tells what it does now; on its own machine only. */
  gatewayLiveUrl?: string;
  /** Where it lists API keys with terms of their own, never the keys; on its own machine only. */
  apiKeysUrl?: string;
  /** `<contentUrl>/<CID>` are the bytes of a file in a content store. Without it documents are not shown. */
  contentUrl?: string;
  /** Accounts by role that the chain's node signs for: a local development chain only. */
  developmentAccounts?: Record<string, Address>;
};

const place = z.string().regex(/^(https?:\/\/|\/)\S*$/, 'expected a URL, or a path that begins with /');

const webConfigSchema: z.ZodType<WebConfig> = z.intersection(
  deploymentSchema,
  z.looseObject({
    rpcUrl: place,
    chainName: z.string().min(1).exactOptional(),
    gatewayUrl: place.exactOptional(),
    publicGatewayUrl: place.exactOptional(),
    channelId: hashSchema.exactOptional(),
    apiKey: z.string().min(1).exactOptional(),
    models: z.array(z.string()).exactOptional(),
    indexerUrl: place.exactOptional(),
    usageDifferencesUrl: place.exactOptional(),
    gatewayLiveUrl: place.exactOptional(),
    apiKeysUrl: place.exactOptional(),
    contentUrl: place.exactOptional(),
    developmentAccounts: z.record(z.string(), addressSchema).exactOptional(),
  }),
);

/**
 * Reads the dashboard's `config.json`.
 *
 * @throws BaseError `web_config_invalid`, which names the offending fields.
 *
 * @example
 * const config = parseWebConfig(await (await fetch('config.json')).json());
 */
export function parseWebConfig(value: unknown): WebConfig {
  return parseWith(webConfigSchema, value, {
    what: 'config.json',
    code: 'web_config_invalid',
    hints: ['kedge up writes one for the local stack; the fields are described in docs/guides/dashboard.md.'],
  });
}
