import type { Hex } from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { GatewayConfig } from '../gatewayConfig.js';

/** What an operator serves ahead of payment in strict mode, in base units (R11). */
export type ExposureTerms = {
  /** For a channel that has paid nothing yet: one chunk. Without it, the longest JSON answer under the policy, and an image. */
  readonly startUnits: bigint | undefined;
  /** How much it grows with what the channel has paid. */
  readonly growthBasisPoints: bigint;
  /** For all channels of a holder together; without it ten times the start. */
  readonly holderUnits: bigint | undefined;
  /** For all channels together; without it a hundred times the start. */
  readonly totalUnits: bigint | undefined;
};

/** The bounds of one channel's exposure now. */
export type ExposureBounds = {
  readonly channelUnits: bigint;
  readonly holderUnits: bigint;
  readonly totalUnits: bigint;
};

/** Applies the terms to a channel that has paid `paidUnits`. */
export function boundsOf(terms: ExposureTerms, { policy }: ServedChannel, paidUnits: bigint): ExposureBounds {
  const answerUnits = BigInt(policy.rates.output_tokens ?? 0) * BigInt(policy.caps.outputTokensPerCall);
  const requestUnits = BigInt(policy.rates.requests ?? 0);
  const imageUnits = BigInt(policy.rates.images ?? 0);
  const startUnits = terms.startUnits ?? answerUnits + requestUnits + imageUnits;
  return {
    channelUnits: startUnits + (paidUnits * terms.growthBasisPoints) / 10_000n,
    holderUnits: terms.holderUnits ?? startUnits * 10n,
    totalUnits: terms.totalUnits ?? startUnits * 100n,
  };
}

/** What is delivered and not paid, by holder and in all; kept up with every change. */
export type ExposureTotals = {
  /** What a channel owes now. */
  readonly note: (served: ServedChannel, units: bigint) => void;
  /** The channel was closed: what it owes is lost, and no exposure any more. */
  readonly end: (channelId: Hex) => void;
  /** What the other channels owe: of its holder, and in all. */
  readonly ofOthers: (served: ServedChannel) => { readonly holderUnits: bigint; readonly totalUnits: bigint };
  readonly ofAll: () => bigint;
};

/** A channel's part. `endsAt`: the Unix second from which on nothing can be captured from it. */
type Owed = { readonly holder: string; units: bigint; endsAt: number };

/**
 * A channel that is left without a word counts until its grace is over, for until then it may pay. Not for ever: else those
 * that were left would in time stand against everybody's.
 */
export function createExposureTotals(nowSeconds: () => number): ExposureTotals {
  const byChannel = new Map<Hex, Owed>();
  const byHolder = new Map<string, bigint>();
  let all = 0n;
  let nextEnd = Infinity;

  const set = (owed: Owed, units: bigint): void => {
    const sum = (byHolder.get(owed.holder) ?? 0n) + units - owed.units;
    if (sum === 0n) byHolder.delete(owed.holder);
    else byHolder.set(owed.holder, sum);
    all += units - owed.units;
    owed.units = units;
    if (units > 0n) nextEnd = Math.min(nextEnd, owed.endsAt);
  };

  const writeOff = (): void => {
    const now = nowSeconds();
    if (now < nextEnd) return;
    nextEnd = Infinity;
    for (const owed of byChannel.values()) if (owed.units > 0n) set(owed, owed.endsAt <= now ? 0n : owed.units);
  };

  return {
    note: ({ channelId, channel }, units) => {
      let owed = byChannel.get(channelId);
      if (owed === undefined) {
        const endsAt = Number(channel.deadline) + channel.grace;
        byChannel.set(channelId, (owed = { holder: channel.holder.toLowerCase(), units: 0n, endsAt }));
      }
      set(owed, owed.endsAt <= nowSeconds() ? 0n : units);
    },
    end: (channelId) => {
      const owed = byChannel.get(channelId);
      if (owed === undefined) return;
      owed.endsAt = 0;
      set(owed, 0n);
    },
    ofOthers: ({ channelId, channel }) => {
      writeOff();
      const own = byChannel.get(channelId)?.units ?? 0n;
      const ofHolder = byHolder.get(channel.holder.toLowerCase()) ?? 0n;
      return { holderUnits: ofHolder - own, totalUnits: all - own };
    },
    ofAll: () => {
      writeOff();
      return all;
    },
  };
}

/** The terms as a configuration writes them, units as decimal strings. */
export function exposureTermsOf({
  startUnits,
  growthBasisPoints,
  holderUnits,
  totalUnits,
}: GatewayConfig['strict']): ExposureTerms {
  const units = (text: string | undefined): bigint | undefined => (text === undefined ? undefined : BigInt(text));
  return {
    startUnits: units(startUnits),
    growthBasisPoints: BigInt(growthBasisPoints),
    holderUnits: units(holderUnits),
    totalUnits: units(totalUnits),
  };
}
