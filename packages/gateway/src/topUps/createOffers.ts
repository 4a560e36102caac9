import {
  BaseError,
  type ChannelRecord,
  continuationTerms,
  type DepositTerms,
  type Hex,
  isSameAddress,
  type Policy,
} from '@kedge/core';
import type { OpeningFinality } from '../call/openingFinality.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { GatewayConfig } from '../gatewayConfig.js';
import type { StructuredLog } from '../structuredLog.js';
import { createOfferNotes } from './createOfferNotes.js';
import type { DepositChain, LotOnSale } from './depositChain.js';
import type { Continuation } from './topUpRecord.js';
import type { PaymentPayload, PaymentRequirements } from './x402Messages.js';

/** A call that the value left in its channels does not cover. */
export type RefusedCall = {
  /** The last channel that its key pays from. */
  readonly served: ServedChannel;
  readonly worstUnits: bigint;
  /** What was called. */
  readonly url: string;
};

/** What may be paid for a call, and what it opens. */
export type Offer = Continuation & {
  readonly requirements: PaymentRequirements;
  readonly terms: DepositTerms;
  /** Of the channel that it opens, but for the channel itself. */
  readonly record: ChannelRecord;
};

export type Offers = {
  /** Undefined where nothing can be paid for the call. */
  readonly offerFor: (call: RefusedCall, deadline?: bigint) => Promise<Offer | undefined>;
  /** @throws BaseError 402 `payment_invalid` where the payment is not what is offered for the call. */
  readonly check: (payment: PaymentPayload, call: RefusedCall) => Promise<Offer>;
};

type CurrentPolicy = { readonly hash: Hex; readonly policy: Policy };

/** What a payment for a call buys. */
type Sale = {
  readonly lot: number;
  readonly onSale: LotOnSale;
  readonly units: bigint;
  readonly current: CurrentPolicy;
};

export type OfferOptions = {
  readonly settings: NonNullable<GatewayConfig['x402']>;
  readonly chainId: number;
  readonly chain: Pick<DepositChain, 'lotOnSale' | 'depositOf'>;
  readonly finality: OpeningFinality;
  /** The class's current policy: what a lot on sale was made under. */
  readonly policyOf: (classId: bigint) => CurrentPolicy | undefined;
  /** Unix time in seconds, with fractions. */
  readonly nowSeconds: () => number;
  readonly log: StructuredLog;
};

const day = 86_400n;
const lotSeconds = 5;
const leastValiditySeconds = 6n;
// By how much the clock of a payer may be ahead of ours.
const clockSeconds = 600n;

/**
 * What is asked for in a 402. Nothing of it is kept: what a payment names is derived again from its deadline, and its deposit
 * address says whether it is the same.
 */
export function createOffers({ settings, chainId, chain, finality, policyOf, nowSeconds, log }: OfferOptions): Offers {
  const network = `eip155:${chainId}`;
  const notes = createOfferNotes(log);
  const lots = new Map<bigint, { readonly at: number; readonly lot: Promise<LotOnSale | undefined> }>();

  const lotOnSale = (classId: bigint, lot: number): Promise<LotOnSale | undefined> => {
    const known = lots.get(classId);
    const at = nowSeconds();
    if (known !== undefined && Math.abs(at - known.at) < lotSeconds) return known.lot;
    const asked = chain.lotOnSale(classId, lot);
    lots.set(classId, { at, lot: asked });
    asked.catch(() => lots.delete(classId));
    return asked;
  };

  /** Whether a new channel could serve the call at once: its rate and its finality are the old one's (R9, R29). */
  const canServe = ({ channel }: ServedChannel, worstUnits: bigint): boolean =>
    (channel.rate === 0n || worstUnits <= channel.burst) &&
    (finality.seconds === 0 || worstUnits <= (finality.exposureUnits ?? worstUnits));

  /** What is sold for a call. What keeps all calls of its channel from being paid for is logged. */
  const saleFor = async ({ served, worstUnits }: RefusedCall): Promise<Sale | undefined> => {
    const { classId, channel } = served;
    const lot = settings.lots.find((entry) => BigInt(entry.classId) === classId)?.lot;
    if (lot === undefined || !canServe(served, worstUnits)) return undefined;
    const current = policyOf(classId);
    if (current === undefined) return notes.stopped(served, lot, 'policyUnknown');
    // The client of a strict channel recounts by the policy that it knows.
    if (channel.mode === 'strict' && current.hash !== served.policyHash)
      return notes.stopped(served, lot, 'policyChanged');
    const onSale = await lotOnSale(classId, lot);
    if (onSale === undefined) return notes.stopped(served, lot, 'notOnSale');
    const { asset, supply } = onSale;
    if (!isSameAddress(asset, settings.asset.address)) return notes.stopped(served, lot, 'otherAsset', { asset });
    const minUnits = BigInt(settings.minUnits);
    if (supply !== undefined && supply < minUnits) return notes.stopped(served, lot, 'soldOut', { supply, minUnits });
    const units = worstUnits > minUnits ? worstUnits : minUnits;
    if (supply !== undefined && supply < units) return undefined;
    return { lot, onSale, units, current };
  };

  /** When the next channel ends: at a midnight, so that an offer derived again is the same. */
  const endFor = (deadline: bigint | undefined): bigint => {
    const latest = ((BigInt(Math.floor(nowSeconds()) + settings.channelSeconds) + 2n * day) / day) * day;
    // A day less than what is taken, so that what is offered before midnight is taken after it.
    const ends = deadline ?? latest - day;
    if (ends > latest) throw refuse('The payment names a deadline beyond what is offered.');
    return ends;
  };

  const offerFor: Offers['offerFor'] = async (call, deadline) => {
    const sale = await saleFor(call);
    if (sale === undefined) return undefined;
    const { served } = call;
    const { classId, channel } = served;
    const { lot, onSale, units, current } = sale;
    const { asset, market, expireAt } = onSale;
    const ends = endFor(deadline);
    if (expireAt !== 0n && ends + BigInt(channel.grace) > expireAt)
      return notes.stopped(served, lot, 'endsSoon', { expireAt, ends });
    if (deadline === undefined) notes.offered(served, lot);
    const { rootId, holder } = served.continues ?? { rootId: served.channelId, holder: channel.holder };
    const terms = continuationTerms({
      channel,
      channelId: rootId,
      market,
      classId,
      lot,
      asset,
      deadline: ends,
      holder,
    });
    const { name, version } = settings.asset;
    return {
      rootId,
      holder,
      terms,
      requirements: {
        scheme: 'exact',
        network,
        asset,
        amount: ((onSale.numerator * units + onSale.denominator - 1n) / onSale.denominator).toString(),
        payTo: await chain.depositOf(terms),
        maxTimeoutSeconds: settings.maxTimeoutSeconds,
        extra: { assetTransferMethod: 'eip3009', name, version, deadline: ends.toString() },
      },
      record: {
        apiKeySha256: served.apiKeySha256,
        name: served.name,
        channel,
        channelId: rootId,
        classId,
        policy: current.policy,
        policyHash: current.hash,
        lotAsset: asset,
        edges: served.edges.map((edge) => ({ ...edge, asset })),
      },
    };
  };

  return {
    offerFor,
    check: async ({ accepted, payload: { authorization } }, call) => {
      const offer = await offerFor(call, accepted.extra.deadline);
      if (offer === undefined)
        throw refuse('Nothing can be paid for this call now.').with({
          hints: ['Nothing was paid. Send the call without a payment: its answer says what can be done.'],
        });
      const { asset, payTo, amount } = offer.requirements;
      if (accepted.network !== network)
        throw refuse(`The payment is for ${accepted.network.slice(0, 40)}, not ${network}.`);
      if (!isSameAddress(accepted.asset, asset)) throw refuse(`The payment is in ${accepted.asset}, not in ${asset}.`);
      if (!isSameAddress(authorization.to, payTo))
        throw refuse(`The payment is to ${authorization.to}, not to the deposit address ${payTo}.`);
      if (authorization.value !== accepted.amount || authorization.value < BigInt(amount))
        throw refuse(`The payment is of ${authorization.value}; asked for are ${amount}.`);
      const now = BigInt(Math.floor(nowSeconds()));
      const { validAfter, validBefore } = authorization;
      // What stays valid for long would be looked for on the chain as long.
      const latest = now + BigInt(settings.maxTimeoutSeconds) + clockSeconds;
      if (validAfter > now || validBefore < now + leastValiditySeconds || validBefore > latest)
        throw refuse(
          `The payment is valid from ${validAfter} to ${validBefore}, not from ${now} to ${latest} at most.`,
        ).with({
          hints: [`Nothing was paid. The clock of the gateway says ${now}: if yours says another time, one is wrong.`],
        });
      return offer;
    },
  };
}

/** A payment that was not taken. */
export function refuse(message: string): BaseError {
  return new BaseError(message, {
    code: 'payment_invalid',
    status: 402,
    hints: ['Nothing was paid. Sign a payment for what the offer asks.'],
  });
}
