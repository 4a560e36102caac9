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
  readonly move: (holder: Hex, units: bigint) => void;
  readonly ofHolder: (holder: Hex) => bigint;
  readonly ofAll: () => bigint;
};

export function createExposureTotals(): ExposureTotals {
  const byHolder = new Map<string, bigint>();
  let all = 0n;
  return {
    move: (holder, units) => {
      const sum = (byHolder.get(holder.toLowerCase()) ?? 0n) + units;
      if (sum === 0n) byHolder.delete(holder.toLowerCase());
      else byHolder.set(holder.toLowerCase(), sum);
      all += units;
    },
    ofHolder: (holder) => byHolder.get(holder.toLowerCase()) ?? 0n,
    ofAll: () => all,
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
