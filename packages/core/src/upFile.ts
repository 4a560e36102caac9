import * as z from 'zod';
import { contractsSchema, type Deployment } from './deployment.js';
import type { Hex } from './hex.js';
import { decimalSchema, hashSchema, parseWith } from './schemas.js';
import { classKinds, type ClassKind } from './token.js';

/** `.kedge/up.json`: how to reach what `kedge up` runs. Holds the API key: mode 0600. Further fields are kept. */
export type UpFile = Deployment & {
  rpcUrl: string;
  /** Ends in `/v1`: the base URL for OpenAI clients. */
  gatewayUrl: string;
  apiKey: string;
  classes: { classId: string; kind: ClassKind; name: string; shareTokenId: string }[];
  tokenId: string;
  channelId: Hex;
  [field: string]: unknown;
};

const urlSchema = z.url({ protocol: /^(https?|wss?)$/ });

const upFileSchema = z.looseObject({
  chainId: z.int().positive(),
  rpcUrl: urlSchema,
  gatewayUrl: urlSchema.refine((url) => url.endsWith('/v1'), 'expected a URL that ends in /v1'),
  apiKey: z.string().min(1),
  contracts: contractsSchema,
  firstBlock: z.int().nonnegative().exactOptional(),
  classes: z.array(
    z.looseObject({
      classId: decimalSchema(64),
      kind: z.enum(classKinds),
      name: z.string(),
      shareTokenId: decimalSchema(256),
    }),
  ),
  tokenId: decimalSchema(256),
  channelId: hashSchema,
});

/**
 * Reads `.kedge/up.json`.
 *
 * @throws BaseError `up_file_invalid`.
 *
 * @example
 * const up = parseUpFile(JSON.parse(await readFile('.kedge/up.json', 'utf8')));
 */
export function parseUpFile(value: unknown): UpFile {
  return parseWith(upFileSchema, value, {
    what: 'up.json',
    code: 'up_file_invalid',
    hints: ['Write it anew with: kedge up'],
  });
}
