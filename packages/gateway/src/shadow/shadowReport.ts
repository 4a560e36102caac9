import { formatUnits, zeroAddress } from '@kedge/core';
import type { ShadowClass, ShadowConfig } from './shadowConfig.js';
import type { ShadowTally } from './shadowTally.js';

/** Who would have earned what, in the smallest unit of the asset as decimal strings. */
export type ShadowReport = {
  /** Unix seconds of the first count. */
  readonly since: number;
  readonly calls: number;
  readonly units: string;
  readonly unit: string;
  readonly metrics: Readonly<Record<string, string>>;
  /** Null where the policy names no price: then only units are known. */
  readonly asset: string | null;
  /** All that would have been paid, rounded down as the contracts round. */
  readonly revenue: string;
  readonly operator: string;
  /** Each class once, from the one that is called upwards: what arrives there, and what stays with its holders. */
  readonly classes: readonly { readonly name: string; readonly received: string; readonly kept: string }[];
  /** Each edge of the lineage that money would have gone along. */
  readonly royalties: readonly { readonly from: string; readonly to: string; readonly amount: string }[];
};

/**
 * Applies the terms to what was used: the price to all units at once (R2), the operator's part first (R3), then each class's
 * royalties to its parents, cascading upwards, each rounded down (R19).
 */
export function shadowReport(tally: ShadowTally, config: ShadowConfig): ShadowReport {
  const { price, unit } = config.policy;
  const revenue = price === undefined ? 0n : (tally.units * BigInt(price.numerator)) / BigInt(price.denominator);
  const operator = partOf(revenue, config.operatorBasisPoints);
  const classes = new Map<string, { received: bigint; kept: bigint }>();
  const royalties = new Map<string, { from: string; to: string; amount: bigint }>();

  const receive = (shadowClass: ShadowClass, amount: bigint): void => {
    const { name, parents } = shadowClass;
    let kept = amount;
    const sums = classes.get(name) ?? { received: 0n, kept: 0n };
    classes.set(name, sums);
    for (const { royaltyBasisPoints, of } of parents) {
      const royalty = partOf(amount, royaltyBasisPoints);
      kept -= royalty;
      const edge = royalties.get(`${name}\n${of.name}`) ?? { from: name, to: of.name, amount: 0n };
      royalties.set(`${name}\n${of.name}`, { ...edge, amount: edge.amount + royalty });
      receive(of, royalty);
    }
    classes.set(name, {
      received: (classes.get(name)?.received ?? 0n) + amount,
      kept: (classes.get(name)?.kept ?? 0n) + kept,
    });
  };
  receive(config.class, revenue - operator);

  return {
    since: tally.since,
    calls: tally.calls,
    units: formatUnits(tally.units, unit.decimals),
    unit: unit.name,
    metrics: Object.fromEntries(Object.entries(tally.metrics).map(([metric, amount]) => [metric, `${amount}`])),
    asset: price === undefined ? null : price.asset === zeroAddress ? 'ETH' : price.asset,
    revenue: `${revenue}`,
    operator: `${operator}`,
    classes: [...classes].map(([name, { received, kept }]) => ({ name, received: `${received}`, kept: `${kept}` })),
    royalties: [...royalties.values()].map(({ from, to, amount }) => ({ from, to, amount: `${amount}` })),
  };
}

function partOf(amount: bigint, basisPoints: number): bigint {
  return (amount * BigInt(basisPoints)) / 10_000n;
}
