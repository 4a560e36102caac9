import type { IndexerAnswer, IndexerRouteName } from '@kedge/core';
import { earningsOf, listApprovals, listBatches, operatorOf } from './accounts';
import { listActivity } from './activity';
import { listAttestations } from './attestations';
import { channelDetail, listCaptures, listChannels } from './channels';
import { classDetail, listClasses, requireClass } from './classes';
import { listContributions, listContributorEarnings } from './contributors';
import { revenueDays, usageDays } from './days';
import { listDeposits } from './deposits';
import { explainClaim } from './explain';
import { holdersOf } from './holders';
import { progress } from './progress';
import { offsetOf, pageOf, partOf, type Paged } from './rows';
import { listClaims, listTokens, requireToken, tokenDetail } from './tokens';

/** What answers each route. The parameters were read by the route's schemas. */
export const handlers: { readonly [name in IndexerRouteName]: (given: never) => Promise<IndexerAnswer<name>> } = {
  status: progress,
  classes: listClasses,
  class: classDetail,
  holders: async (query: { classId: bigint } & Paged) => {
    await requireClass(query.classId);
    const offset = offsetOf(query);
    const { holders } = await holdersOf(query.classId, { offset, limit: query.limit + 1 });
    return pageOf(holders, query.limit, () => String(offset + query.limit), holders);
  },
  usage: async (query: { classId: bigint } & Paged) => {
    await requireClass(query.classId);
    return partOf(await usageDays(query.classId), query);
  },
  revenue: async (query: { classId: bigint } & Paged) => {
    await requireClass(query.classId);
    return partOf(await revenueDays(query.classId), query);
  },
  tokens: listTokens,
  token: tokenDetail,
  claims: async (query: { tokenId: bigint } & Paged) => {
    await requireToken(query.tokenId);
    return listClaims(query);
  },
  contributions: async (query: { tokenId: bigint } & Paged) => {
    await requireToken(query.tokenId);
    return listContributions(query);
  },
  channels: listChannels,
  channel: channelDetail,
  captures: listCaptures,
  deposits: listDeposits,
  earnings: earningsOf,
  contributorEarnings: listContributorEarnings,
  explainClaim,
  operator: operatorOf,
  batches: listBatches,
  approvals: listApprovals,
  attestations: listAttestations,
  activity: listActivity,
};
