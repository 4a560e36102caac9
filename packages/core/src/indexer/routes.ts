import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { classKinds } from '../token.js';
import { accountSchema, bigSchema, bytes32Schema, pageSchema, unitsSchema } from './fields.js';
import { approvalSchema, earningsSchema, operatorBatchSchema, operatorSchema } from './accounts.js';
import { attestationSchema } from './attestations.js';
import { activitySchema, activityTypes, indexerStatusSchema } from './activity.js';
import { channelCaptureSchema, channelDetailSchema, channelSummarySchema } from './channels.js';
import { classDetailSchema, classSummarySchema, holderSchema, revenueDaySchema, usageDaySchema } from './classes.js';
import { contributionSchema, contributorEarningsSchema } from './contributors.js';
import { depositMoveSchema } from './deposits.js';
import { claimExplanationSchema } from './explain.js';
import { claimSchema, tokenDetailSchema, tokenSummarySchema } from './tokens.js';

/** Lists return at most this many items at once. */
const pageLimit = { most: 500, usual: 50 } as const;

const limitSchema = z.coerce.number().int().min(1).max(pageLimit.most).default(pageLimit.usual);
const formatSchema = z.enum(['json', 'csv']).default('json');
const placeSchema = z.string().min(1).max(200);
const pageFields = {
  after: placeSchema.describe('What the page before said in `next`.').exactOptional(),
  limit: limitSchema,
  format: formatSchema,
};

const classParams = z.object({ classId: unitsSchema });
const tokenParams = z.object({ tokenId: bigSchema });
const channelParams = z.object({ channelId: bytes32Schema });
const accountParams = z.object({ address: accountSchema });

/**
 * The REST API of the indexer: all routes are GET. The server, its OpenAPI document and the client are made from this.
 * Lists take `after` (a page's `next`), `limit` and `format`; as CSV a list comes whole.
 */
export const indexerRoutes = {
  status: { path: '/progress', summary: 'How far the indexer is', answer: indexerStatusSchema },
  classes: {
    path: '/classes',
    summary: 'Classes, newest first',
    query: z.object({
      kind: z.enum(classKinds).exactOptional(),
      /** Part of name, description, licence or issuer, in any case; or a class id. */
      text: z.string().max(200).exactOptional(),
      ...pageFields,
    }),
    answer: pageSchema(classSummarySchema),
  },
  class: {
    path: '/classes/:classId',
    summary: 'A class with everything about it',
    params: classParams,
    answer: classDetailSchema,
  },
  holders: {
    path: '/classes/:classId/holders',
    summary: 'Who holds shares of a class, the largest first',
    params: classParams,
    query: z.object(pageFields),
    answer: pageSchema(holderSchema),
  },
  usage: {
    path: '/classes/:classId/usage',
    summary: 'Use of a class by metric and day, oldest first',
    params: classParams,
    query: z.object(pageFields),
    answer: pageSchema(usageDaySchema),
  },
  revenue: {
    path: '/classes/:classId/revenue',
    summary: 'Revenue of a class by asset and day, oldest first',
    params: classParams,
    query: z.object(pageFields),
    answer: pageSchema(revenueDaySchema),
  },
  tokens: {
    path: '/tokens',
    summary: 'Tokens, newest first',
    query: z.object({ owner: accountSchema.exactOptional(), classId: unitsSchema.exactOptional(), ...pageFields }),
    answer: pageSchema(tokenSummarySchema),
  },
  token: {
    path: '/tokens/:tokenId',
    summary: 'A token with its lot, backing, channels and claims',
    params: tokenParams,
    answer: tokenDetailSchema,
  },
  claims: {
    path: '/tokens/:tokenId/claims',
    summary: 'Claims of a token, newest first',
    params: tokenParams,
    query: z.object(pageFields),
    answer: pageSchema(claimSchema),
  },
  contributions: {
    path: '/tokens/:tokenId/contributions',
    summary: 'Payments to the contributors of a token, newest first (R24)',
    params: tokenParams,
    query: z.object({ account: accountSchema.exactOptional(), ...pageFields }),
    answer: pageSchema(contributionSchema),
  },
  channels: {
    path: '/channels',
    summary: 'Channels, newest first',
    query: z.object({
      owner: accountSchema.exactOptional(),
      operator: accountSchema.exactOptional(),
      tokenId: bigSchema.exactOptional(),
      open: z.enum(['true', 'false']).exactOptional(),
      ...pageFields,
    }),
    answer: pageSchema(channelSummarySchema),
  },
  channel: {
    path: '/channels/:channelId',
    summary: 'A channel with its captures and receipt roots',
    params: channelParams,
    answer: channelDetailSchema,
  },
  captures: {
    path: '/channels/:channelId/captures',
    summary: 'Captures of a channel, newest first',
    params: channelParams,
    query: z.object(pageFields),
    answer: pageSchema(channelCaptureSchema),
  },
  deposits: {
    path: '/deposits',
    summary: 'Sweeps and refunds of deposit addresses, newest first (R28)',
    query: z.object({ deposit: accountSchema.exactOptional(), operator: accountSchema.exactOptional(), ...pageFields }),
    answer: pageSchema(depositMoveSchema),
  },
  earnings: {
    path: '/accounts/:address/earnings',
    summary: 'What an account can claim, per token and asset, and what it is owed',
    params: accountParams,
    query: z.object({
      asset: accountSchema.describe('Only what tokens earned in this asset.').exactOptional(),
      ...pageFields,
    }),
    answer: earningsSchema,
  },
  contributorEarnings: {
    path: '/accounts/:address/contributions',
    summary: 'What an account was paid as a contributor, by token and asset: ETH first, then what paid most (R24)',
    params: accountParams,
    query: z.object(pageFields),
    answer: pageSchema(contributorEarningsSchema),
  },
  explainClaim: {
    path: '/explain/claim/:tokenId/:asset',
    summary: 'Why a token can claim this: down to settlements, captures, receipt roots, and the path through lineage',
    params: z.object({ tokenId: bigSchema, asset: accountSchema }),
    query: z.object({
      limit: limitSchema.describe('Parts listed at each level; older ones are summed.'),
    }),
    answer: claimExplanationSchema,
  },
  operator: {
    path: '/operators/:address',
    summary: 'An operator: channels, captures, cuts',
    params: accountParams,
    answer: operatorSchema,
  },
  batches: {
    path: '/operators/:address/batches',
    summary: 'Receipt roots of an operator with what was captured in their transactions, newest first',
    params: accountParams,
    query: z.object(pageFields),
    answer: pageSchema(operatorBatchSchema),
  },
  approvals: {
    path: '/approvals',
    summary: 'Approvals in force, newest first',
    query: z.object({ owner: accountSchema.exactOptional(), operator: accountSchema.exactOptional(), ...pageFields }),
    answer: pageSchema(approvalSchema),
  },
  attestations: {
    path: '/attestations',
    summary: 'Statements about classes and tokens with the verdicts on them, newest first',
    query: z.object({
      classId: unitsSchema.exactOptional(),
      tokenId: bigSchema.exactOptional(),
      attester: accountSchema.exactOptional(),
      ...pageFields,
    }),
    answer: pageSchema(attestationSchema),
  },
  activity: {
    path: '/activity',
    summary: 'What happened, newest first',
    query: z.object({
      since: placeSchema.describe('The `id` of an item: only what is newer.').exactOptional(),
      type: z.enum(activityTypes).exactOptional(),
      classId: unitsSchema.exactOptional(),
      account: accountSchema.exactOptional(),
      ...pageFields,
    }),
    answer: pageSchema(activitySchema),
  },
} as const satisfies Record<string, IndexerRoute>;

export type IndexerRoute = {
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly answer: z.ZodType;
};

export type IndexerRouteName = keyof typeof indexerRoutes;

type ParamsOf<name extends IndexerRouteName> = (typeof indexerRoutes)[name] extends {
  readonly params: infer params extends z.ZodObject;
}
  ? z.output<params>
  : unknown;
type QueryOf<name extends IndexerRouteName> = (typeof indexerRoutes)[name] extends {
  readonly query: infer query extends z.ZodObject;
}
  ? Partial<Omit<z.output<query>, 'format'>>
  : unknown;

/** What a route is asked with: the parts of its path, and, where wanted, its query. */
export type IndexerParameters<name extends IndexerRouteName> = ParamsOf<name> & QueryOf<name>;
export type IndexerAnswer<name extends IndexerRouteName> = z.output<(typeof indexerRoutes)[name]['answer']>;

/**
 * Reads an answer of the indexer: decimal strings become bigints. Fields that this version does not know are dropped.
 *
 * @throws BaseError `indexer_answer_invalid`, which names the offending fields.
 *
 * @example
 * const { classes } = readIndexerAnswer('status', await response.json()).counts;
 */
export function readIndexerAnswer<name extends IndexerRouteName>(name: name, json: unknown): IndexerAnswer<name> {
  const answer = parseWith(indexerRoutes[name].answer, json, {
    what: "The indexer's answer",
    code: 'indexer_answer_invalid',
    status: 502,
    hints: ['Indexer and client may be of different versions: update the older one.'],
  });
  return answer as IndexerAnswer<name>;
}

/**
 * Path and query of a request, to be put behind the indexer's URL.
 *
 * @example
 * indexerPath('tokens', { owner, limit: 10 }); // /tokens?owner=0x…&limit=10
 */
export function indexerPath<name extends IndexerRouteName>(
  name: name,
  parameters: IndexerParameters<name> & { readonly format?: 'json' | 'csv' },
): string {
  const left = new Map<string, unknown>(Object.entries(parameters as object));
  const path = indexerRoutes[name].path.replace(/:(\w+)/g, (_, field: string) => {
    const value = left.get(field);
    left.delete(field);
    return encodeURIComponent(String(value));
  });
  const given = [...left].filter(([, value]) => value !== undefined);
  const query = given.map(([field, value]) => `${field}=${encodeURIComponent(String(value))}`).join('&');
  return query === '' ? path : `${path}?${query}`;
}
