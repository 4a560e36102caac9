import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileFaulty } from './compile.js';
import { beyondTheDraft, deployCode, failing, forkOf, patience, tryContract, unreached } from './tryContract.js';

let codes: ReturnType<typeof compileFaulty>;
/** Of which every chain is a fork. */
let empty: Anvil;
beforeAll(async () => {
  codes = compileFaulty();
  empty = await startAnvil();
}, patience);
afterAll(() => empty?.stop());

const tryFaulty = (name: string) => tryContract((anvil) => deployCode(anvil, codes[name]!), { args: forkOf(empty) });

/** Exactly the clauses that each planted fault breaks, beside what all of them lack. */
const faults: readonly (readonly [name: string, clauses: readonly string[]])[] = [
  ['PlainDAT', []],
  ['RetroactiveClaim', ['P1.eth', 'P1.erc20', 'P4']],
  ['AccrualAfterExpiry', ['P2', 'P21']],
  ['OperatorRedirectsClaim', ['P11.redirect']],
  ['ValueFromNothing', ['D6.4.self', 'P9']],
  ['SwallowsSettlement', ['D6.6.none-left', 'D11.no-share', 'P6']],
  [
    'MissingEvents',
    [
      'D4.MetadataUpdated',
      'D4.ValueTransferred',
      'D4.Expired',
      'D4.UsageRecorded',
      'D6.6.shareless',
      'D6.1.emits',
      'D6.5.actor',
      'P26',
    ],
  ],
  ['UncheckedTransfers', ['DS.returns-settle', 'DS.returns-claim', 'P7.fee', 'P7.zero-asset', 'P8.apart']],
  ['ReentrantClaim', ['DS.reentrancy', 'DS.reentrancy-erc20']],
  [
    'UsableAfterExpiry',
    ['D1.expiry', 'D6.4.expired-source', 'D6.4.expired-destination', 'D6.6.equality', 'D11.expired', 'DS.expiry'],
  ],
  ['ExpiresEarly', ['D6.2.until', 'D6.6.equality', 'P20']],
  ['NoAuthority', ['D6.3.within', 'D6.3.revoked', 'D11.unauthorized', 'D11.former-owner', 'DS.restrict']],
  ['SharedApprovals', ['D11.unauthorized', 'D11.former-owner']],
  ['SharedApprovalsShown', ['D6.3.isApprovedForClass', 'D11.unauthorized', 'D11.former-owner']],
  ['CreatorsBackdoor', ['D11.unauthorized', 'D11.claim', 'P11.redirect']],
  ['AnyoneClaims', ['D11.claim', 'D11.former-owner', 'P11.redirect', 'P23']],
  ['RepeatedEvents', ['D4.UsageRecorded', 'D4.RevenueSettled', 'D6.5.actor', 'P26']],
  ['SwallowsUnknownClass', ['D11.no-share']],
  ['WrappingIndex', ['DS.overflow', 'P5']],
  ['TruncatedAmounts', ['D6.5.hard', 'D11.underflow']],
  ['TruncatedValue', ['D3.value']],
  ['UnmeteredOperator', ['D6.5.hard', 'P25']],
  ['FormerOwnerStays', ['D11.former-owner']],
  ['RevokedOperatorMoves', ['D6.3.revoked']],
  ['ClaimedByHolder', ['D6.7.once', 'D6.7.transferred']],
  ['TransferForgetsExpiry', ['D6.2.transferToken']],
  ['ReentrantErc20Claim', ['DS.reentrancy-erc20']],
  ['SilentWithoutShare', ['D6.6.shareless']],
  ['TruncatedExpiry', ['D3.expireAt']],
  ['LastUnitStays', ['D6.5.hard', 'P19']],
  ['OneExpiryAtATime', ['P3']],
  ['InexactEvents', ['D4.Minted', 'D4.Claimed']],
  ['NarrowIndex', ['DS.overflow']],
  ['WrappingTotal', ['D3.saturates']],
  ['RoundsUp', ['D6.7.rounding']],
  ['DilutesThePast', ['D6.7.later-share', 'P1.eth', 'P1.erc20', 'P3', 'P4']],
  ['ClaimStrikesOthers', ['D6.7.by-asset', 'P7.blocks-nobody']],
  ['OneErc20Index', ['D6.7.by-asset', 'P4']],
  ['TransferForgetsClaims', ['D6.7.transferred']],
  ['TransferLosesRevenue', ['D6.7.transferred', 'P23']],
  ['TransferPaysSeller', ['P23']],
  ['ExpiryForfeits', ['D6.7.expired', 'P2', 'P21']],
  ['ValueTakesShare', ['D6.4.only-value']],
  ['ValueTakesExpiry', ['D6.4.only-value']],
  ['UsedUpLeaves', ['D6.2.participates', 'P19']],
  ['MovesEndEarly', ['D6.6.equality']],
  ['SharesEndEarly', ['D6.2.until']],
  ['OpaqueProofs', ['D9.signature', 'P31', 'P31.verdicts']],
  ['SpoofedProofs', ['D9.emits', 'D9.signature', 'DS.spoofing', 'P31', 'P31.verdicts']],
];

/** Clauses about what a contract announces by ERC-165. */
const ofExtensions = [
  'P13.scoped',
  'P13.permits',
  'P17.cap',
  'P17.frozen',
  'P17.delay',
  'P18.hashed',
  'P18.notice',
  'P21.outlive',
  'P22',
  'P27.top-up',
  'P27.burn',
  'P27.retire',
  'P27.split',
  'P27.merge',
  'P27.renew',
  'P27.renew-share',
  'P27.revoke',
  'P29.batch',
  'P30',
  'P33.class',
];

test.concurrent.each(faults)(
  '%s breaks exactly the clauses that it should',
  async (name, clauses) => {
    const report = await tryFaulty(name);
    expect(failing(report).toSorted()).toEqual([...clauses, ...beyondTheDraft].toSorted());
    expect(report.results.filter(({ status, evidence }) => status === 'fail' && evidence === undefined)).toEqual([]);
    expect(unreached(report)).toEqual([]);
    const told = report.results.filter(({ id, status }) => ofExtensions.includes(id) && status === 'notApplicable');
    expect(told.map(({ id }) => id)).toEqual(ofExtensions);
    expect(report.ok).toBe(false);
  },
  patience,
);

test.concurrent(
  'EmptyPromises breaks every clause about an extension',
  async () => {
    const { results } = await tryFaulty('EmptyPromises');
    const own = results.filter(({ id }) => ofExtensions.includes(id));
    expect(own.map(({ id, status }) => [id, status])).toEqual(ofExtensions.map((id) => [id, 'fail']));
    expect(own.filter(({ evidence }) => evidence === undefined)).toEqual([]);
  },
  patience,
);
