import * as z from 'zod';
import { bytes32Schema, unitsSchema } from './indexer/fields.js';
import { parseWith } from './schemas.js';

/** An API key with terms of its own as its operator may see it: never the key. Moments are Unix seconds, as decimal strings. */
const apiKeyUseSchema = z.object({
  /** The first digits of its hash. */
  keyId: z.string(),
  name: z.string(),
  channelId: bytes32Schema,
  usedUnits: unitsSchema,
  /** Null: as much as the channel has. */
  capUnits: unitsSchema.nullable(),
  createdAt: unitsSchema,
  expiresAt: unitsSchema.nullable(),
  revokedAt: unitsSchema.nullable(),
});
export type ApiKeyUse = z.output<typeof apiKeyUseSchema>;

/**
 * Reads what a gateway answers to `GET /admin/keys`.
 *
 * @throws BaseError `api_keys_invalid`, which names the offending fields.
 *
 * @example
 * const keys = parseApiKeyUse(await (await fetch('http://127.0.0.1:8787/admin/keys')).json());
 */
export function parseApiKeyUse(value: unknown): ApiKeyUse[] {
  const what = 'What the gateway tells of its keys';
  return parseWith(z.object({ keys: z.array(apiKeyUseSchema) }), value, { what, code: 'api_keys_invalid' }).keys;
}
