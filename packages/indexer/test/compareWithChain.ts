import {
  attestationRegistryAbi,
  attestationStates,
  classKinds,
  dataAnchoringTokenAbi,
  valueChannelsAbi,
  subjectKinds,
  valueMarketAbi,
  verdictOutcomes,
  channelToAbi,
  isBackedLot,
  splitTokenId,
  zeroAddress,
  zeroHash,
  type Address,
  type Page,
  type TokenDetail,
} from '@kedge/core';
import type { IndexerClient } from '@kedge/sdk';
import { developmentChain } from '@kedge/testing';
import { createPublicClient, http } from 'viem';
import { expect } from 'vitest';
import type { IndexerContracts } from '../src/index.js';
import { checkExplanation } from './checkExplanation.js';
import { compareBonds, compareContributors, compareDeposits, comparePlans } from './compareModules.js';

export type Compared = {
  classes: number;
  tokens: number;
  lots: number;
  channels: number;
  claimable: number;
  attestations: number;
  verdicts: number;
};

const unbound = {
  shareCap: 0n,
  sharesFrozenFrom: 0,
  activationDelay: 0,
  policyNotice: 0,
  appealWindow: 0,
  nonTransferable: false,
  valueKeepsExpiry: false,
  sharesOutliveExpiry: false,
};

/** Holds every number of the indexer against what the contracts' views say in the newest block. */
export async function compareWithChain(
  indexer: IndexerClient,
  rpcUrl: string,
  contracts: IndexerContracts,
  assets: readonly Address[],
  accounts: readonly Address[],
): Promise<Compared> {
  const chain = createPublicClient({
    chain: developmentChain,
    transport: http(rpcUrl, { batch: { wait: 2 } }),
    cacheTime: 0,
  });
  const { timestamp, number } = await chain.getBlock();
  // Views as they would answer in the newest block itself, not in the one after it.
  const at = { blockNumber: number, blockOverrides: { time: timestamp } } as const;
  const token = { address: contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi, ...at } as const;
  const channelsOf = { address: contracts.ValueChannels, abi: valueChannelsAbi, ...at } as const;
  const market = { address: contracts.ValueMarket, abi: valueMarketAbi, ...at } as const;
  const counts: Compared = { classes: 0, tokens: 0, lots: 0, channels: 0, claimable: 0, attestations: 0, verdicts: 0 };

  const classes = await all((after) => indexer.classes({ limit: 500, ...after }));
  expect(BigInt(classes.length)).toBe(await chain.readContract({ ...token, functionName: 'classCount' }));
  for (const { classId } of classes) {
    counts.classes += 1;
    const about = `class ${classId}`;
    const found = await indexer.class({ classId });
    const [info, meta, parents, options, announced] = await Promise.all([
      chain.readContract({ ...token, functionName: 'classInfo', args: [classId] }),
      chain.readContract({ ...token, functionName: 'getClassMeta', args: [classId] }),
      chain.readContract({ ...token, functionName: 'parentsOf', args: [classId] }),
      chain.readContract({ ...token, functionName: 'classOptions', args: [classId] }),
      chain.readContract({ ...token, functionName: 'announcedPolicy', args: [classId] }),
    ]);
    expect(
      {
        issuer: found.issuer,
        pendingIssuer: found.pendingIssuer ?? zeroAddress,
        kind: classKinds.indexOf(found.kind),
        unitDecimals: found.unitDecimals,
        policyVersion: found.policyVersion,
        lotCount: found.lots.length,
        tokenCount: found.tokenCount,
        totalShare: found.totalShare,
        royaltyBps: found.royaltyBps,
        beneficiary: found.beneficiary ?? zeroAddress,
      },
      about,
    ).toEqual({
      ...info,
      issuer: info.issuer.toLowerCase(),
      pendingIssuer: info.pendingIssuer.toLowerCase(),
      beneficiary: info.beneficiary.toLowerCase(),
    });
    expect([found.metadataURI, found.integrityHash, found.unitDecimals, found.policies.at(-1)?.uri], about).toEqual(
      meta.map((each) => (typeof each === 'string' ? asStored(each) : each)),
    );
    expect(found.parents, about).toEqual(parents.map(({ classId: id, ...edge }) => ({ classId: id, ...edge })));
    expect(found.options ?? unbound, about).toEqual({
      ...options,
      shareCap: BigInt(options.shareCap),
    });
    const frozenFrom = options.sharesFrozenFrom;
    const isFrozen = frozenFrom !== 0 && BigInt(frozenFrom) <= timestamp;
    expect([found.shareCap, found.dilutable], `R23: ${about}`).toEqual([
      BigInt(options.shareCap),
      options.shareCap === 0 && !isFrozen,
    ]);
    const notice = found.announcedPolicy;
    expect([notice?.uri ?? '', notice?.hash ?? zeroHash, BigInt(notice?.effectiveAt ?? 0)], about).toEqual(announced);
    for (const { version, uri, hash } of found.policies) {
      const said = await chain.readContract({ ...token, functionName: 'policyOf', args: [classId, version] });
      expect([uri, hash ?? zeroHash], `${about}, policy ${version}`).toEqual([asStored(said[0]), said[1]]);
    }
    const empty = { received: 0n, royaltiesReserved: 0n, royaltiesPaid: 0n, claimed: 0n, orphan: 0n, backing: 0n };
    for (const asset of assets) {
      const {
        index: _index,
        carry: _carry,
        ...revenue
      } = await chain.readContract({
        ...token,
        functionName: 'revenueInfo',
        args: [classId, asset],
      });
      const { asset: _asset, ...book } = found.revenue.find((each) => each.asset === asset) ?? { asset, ...empty };
      expect(book, `${about} in ${asset}`).toEqual(revenue);
    }
    for (const edge of found.lineage.up.filter(({ childId }) => childId === classId)) {
      for (const { asset, due } of edge.flows) {
        const args = [classId, BigInt(edge.parentIndex), asset] as const;
        expect(due, `${about}, edge ${edge.parentIndex}`).toBe(
          await chain.readContract({ ...token, functionName: 'royaltyDue', args }),
        );
      }
    }
    await comparePlans(chain, contracts, at, found);
    for (const lot of found.lots) {
      counts.lots += 1;
      const [terms, superseded, listing] = await Promise.all([
        chain.readContract({ ...token, functionName: 'lotInfo', args: [classId, lot.lot] }),
        chain.readContract({ ...token, functionName: 'isSuperseded', args: [classId, lot.lot] }),
        chain.readContract({ ...market, functionName: 'listingOf', args: [classId, lot.lot] }),
      ]);
      expect(
        {
          terms: {
            asset: lot.price.asset,
            priceNumerator: lot.price.numerator,
            priceDenominator: lot.price.denominator,
            operatorBps: lot.operatorBps,
            refundable: lot.refundable,
            expiredToClass: lot.expiredToClass,
            seller: lot.seller,
          },
          policyVersion: lot.policyVersion,
          outstanding: lot.outstanding,
          spent: lot.spent,
          escrow: lot.escrow,
        },
        `${about}, lot ${lot.lot}`,
      ).toEqual({
        ...terms,
        terms: { ...terms.terms, asset: terms.terms.asset.toLowerCase(), seller: terms.terms.seller.toLowerCase() },
      });
      expect(lot.superseded, `${about}, lot ${lot.lot}`).toBe(superseded);
      expect(lot.listing ?? { open: false, supply: 0n, expireAt: 0 }, `${about}, lot ${lot.lot}`).toEqual({
        ...listing,
        // JSON has no larger whole number.
        expireAt: Math.min(Number(listing.expireAt), Number.MAX_SAFE_INTEGER),
      });
    }
  }

  /** A revocation that nobody carries out lapses with time, of which no event tells. */
  const compareNotices = async ({ tokenId, renewalOffer, revocation }: TokenDetail): Promise<void> => {
    const read = { ...token, args: [tokenId] } as const;
    expect(BigInt(renewalOffer), `offer to renew ${tokenId}`).toBe(
      await chain.readContract({ ...read, functionName: 'renewalOffer' }),
    );
    const [effectiveAt, appealed] = await chain.readContract({ ...read, functionName: 'revocationOf' });
    if (effectiveAt === 0n) {
      const isOver = revocation === null || revocation.revokedAt !== null || BigInt(revocation.effectiveAt) < timestamp;
      expect(isOver, `revocation of ${tokenId}`).toBe(true);
      return;
    }
    const told = [BigInt(revocation?.effectiveAt ?? 0), revocation?.statement !== null, revocation?.revokedAt];
    expect(told, `revocation of ${tokenId}`).toEqual([effectiveAt, appealed, null]);
  };
  const tokens = await all((after) => indexer.tokens({ limit: 500, ...after }));
  expect(tokens.length).toBe(classes.reduce((sum, { tokenCount }) => sum + tokenCount, 0));
  for (const { classId, usage } of classes) {
    const spent = tokens.reduce((sum, each) => sum + (each.classId === classId ? each.spentUnits : 0n), 0n);
    expect(usage.units, `use of class ${classId}`).toBe(spent);
  }
  for (const found of tokens) {
    counts.tokens += 1;
    const { tokenId } = found;
    const about = `token ${tokenId}`;
    const view = <name extends 'ownerOf' | 'valueOf' | 'shareRatioOf' | 'expireAtOf' | 'activateAtOf' | 'lotOf'>(
      functionName: name,
    ) => chain.readContract({ ...token, functionName, args: [tokenId] } as never) as Promise<unknown>;
    const [owner, value, ratio, expireAt, activateAt, lot, [version]] = await Promise.all([
      view('ownerOf'),
      view('valueOf'),
      view('shareRatioOf'),
      view('expireAtOf'),
      view('activateAtOf'),
      view('lotOf'),
      chain.readContract({ ...token, functionName: 'policyOfToken', args: [tokenId] }),
    ]);
    expect(
      [found.owner, found.value, BigInt(found.expireAt), BigInt(found.activateAt), found.lot, found.policyVersion],
      about,
    ).toEqual([(owner as Address).toLowerCase(), value, expireAt, activateAt, lot, version]);
    const detail = await indexer.token({ tokenId });
    await compareContributors(chain, contracts, at, detail, assets);
    await compareNotices(detail);
    // The contract says 0 of a share that was retired.
    if (ratio !== found.share) expect([ratio, found.shareState], about).toEqual([0n, 'ended']);
    for (const asset of assets) {
      const pending = await chain.readContract({ ...token, functionName: 'pendingRevenue', args: [tokenId, asset] });
      expect(found.claimable.find((each) => each.asset === asset)?.amount ?? 0n, `${about} in ${asset}`).toBe(pending);
      if (pending === 0n && found.share === 0n) continue;
      counts.claimable += pending > 0n ? 1 : 0;
      const explained = await indexer.explainClaim({ tokenId, asset, limit: 7 });
      expect(explained.claimable, `${about} explained in ${asset}`).toBe(pending);
      checkExplanation(explained);
    }
  }

  const paid = new Map<bigint, bigint>();
  for (const found of await all((after) => indexer.channels({ limit: 500, ...after }))) {
    counts.channels += 1;
    const channel = channelToAbi({ ...found });
    const [open, captured, remaining] = await chain.readContract({
      ...channelsOf,
      functionName: 'channelState',
      args: [channel],
    });
    const state = [found.open, found.capturedUnits, found.open ? found.remainingUnits : 0n];
    expect(state, `channel ${found.channelId}`).toEqual([open, captured, remaining]);
    const { classId, lot } = splitTokenId(channel.tokenId);
    const { unitDecimals } = classes.find((each) => each.classId === classId)!;
    expect(found.unitDecimals, `decimals of channel ${found.channelId}`).toBe(unitDecimals);
    if (isBackedLot(lot) && found.holder !== found.operator) paid.set(classId, (paid.get(classId) ?? 0n) + captured);
  }
  for (const { classId, usage } of classes) {
    expect(usage.paidUnits, `use of class ${classId} that was paid for`).toBe(paid.get(classId) ?? 0n);
  }

  await compareDeposits(chain, contracts, at, indexer);
  for (const address of accounts) {
    await compareBonds(chain, contracts, at, indexer, address, assets);
    const { totals, tokens: earners } = await indexer.earnings({ address, limit: 500 });
    for (const { tokenId, shareState } of earners) {
      expect(shareState, `share of token ${tokenId}`).toBe(tokens.find((each) => each.tokenId === tokenId)?.shareState);
    }
    for (const asset of assets) {
      const owed = await chain.readContract({ ...token, functionName: 'owedTo', args: [address, asset] });
      expect(totals.find((each) => each.asset === asset)?.owed ?? 0n, `owed to ${address} in ${asset}`).toBe(owed);
    }
  }
  for (const { owner, operator, kind, scope, units, expireAt } of await all((after) =>
    indexer.approvals({ limit: 500, ...after }),
  )) {
    const about = `${kind} approval of ${owner} for ${operator} in ${scope}`;
    if (kind === 'class') {
      const args = [owner, scope, operator] as const;
      expect(await chain.readContract({ ...token, functionName: 'isApprovedForClass', args }), about).toBe(true);
    } else {
      const args = [owner, scope, operator] as const;
      const allowance = await chain.readContract({ ...token, functionName: 'usageAllowance', args });
      expect([units, expireAt], about).toEqual(allowance);
    }
  }
  for (const found of await all((after) => indexer.attestations({ limit: 500, ...after }))) {
    counts.attestations += 1;
    const registry = { address: contracts.AttestationRegistry!, abi: attestationRegistryAbi, ...at } as const;
    const { id, subjectId, verdicts } = found;
    const subjectKind = subjectKinds.indexOf(found.subjectKind);
    for (const { by, outcome, ...said } of [
      { ...found, by: found.attester, outcome: 0 },
      ...verdicts.map((each) => ({ ...each, by: each.verifier, outcome: 1 + verdictOutcomes.indexOf(each.outcome) })),
    ]) {
      const [record, state] = await Promise.all([
        chain.readContract({ ...registry, functionName: 'recordOf', args: [said.id] }),
        chain.readContract({ ...registry, functionName: 'stateOf', args: [said.id] }),
      ]);
      const { version, expireAt, issuedAt, revokedAt } = said;
      const recorded = { attester: by, outcome, version, expireAt, issuedAt, subjectId, subjectKind };
      // Of proofs that a holder put forward, which is the draft's event, nothing is told.
      const { putForward: _, ...rest } = record;
      expect({ ...recorded, revoked: revokedAt !== null }, `attestation ${said.id}`).toEqual({
        ...rest,
        attester: record.attester.toLowerCase(),
      });
      // The contract has one state more, first: unknown.
      expect(1 + attestationStates.indexOf(said.state), `attestation ${said.id}`).toBe(state);
    }
    // The newest hundred are told.
    expect(verdicts.length, `attestation ${id}`).toBe(Math.min(found.verdictCount, 100));
    for (const verdict of verdicts) {
      counts.verdicts += 1;
      const last = await chain.readContract({ ...registry, functionName: 'verdictOf', args: [id, verdict.verifier] });
      expect(verdict.isLast, `verdict ${verdict.id}`).toBe(last === verdict.id);
    }
  }
  return counts;
}

/** PostgreSQL holds no text with a zero byte, so that byte is left out. */
function asStored(text: string): string {
  return text.replaceAll('\0', '');
}

/** All items of a list. */
async function all<item>(read: (after: { after?: string }) => Promise<Page<item>>): Promise<item[]> {
  const items: item[] = [];
  let after: string | null | undefined;
  do {
    const page = await read(after === undefined ? {} : { after: after! });
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
