import type { Address, GatewayLiveJson } from '@kedge/core';
import type { JournalEntry } from '../capture/transactionJournal.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { Refusal } from '../metrics/createMetrics.js';
import { type LiveMeter, type LiveStretch, liveStretches, stretchWidth } from './createLiveMeter.js';
import type { LotPrices } from './createLotPrices.js';

/** What a gateway knows of itself. */
export type LiveSources = {
  readonly meter: LiveMeter;
  readonly prices: LotPrices;
  readonly operator: Address;
  /** Milliseconds since 1970, as `now`. */
  readonly startedAt: number;
  readonly now: () => number;
  readonly channels: () => Iterable<ServedChannel>;
  readonly refusals: () => readonly Refusal[];
  readonly unanchored: () => number;
  readonly transactions: () => readonly JournalEntry[];
};

const minuteStretches = 60 / stretchWidth;
const mostRunning = 20;
const mostRefusals = 10;
const mostTransactions = 5;

/** What the gateway does now, for its operator: no prompts, no answers, no keys. */
export function readLive(sources: LiveSources): GatewayLiveJson {
  const { meter, now } = sources;
  const stretches = meter.stretches();
  const running = [...meter.running()];
  return {
    at: now(),
    startedAt: sources.startedAt,
    operator: sources.operator,
    lastMinute: lastMinuteOf(stretches.slice(liveStretches - minuteStretches), sources.prices),
    trend: {
      start: Math.max(0, (stretches[0]?.index ?? 0) * stretchWidth),
      width: stretchWidth,
      calls: stretches.map(({ calls }) => calls),
      refused: stretches.map(({ refused }) => refused),
      units: stretches.map(({ units }) => units.toString()),
    },
    reserved: reservedOf(sources.channels(), running[0]?.[1]),
    runningCount: running.length,
    running: running.slice(0, mostRunning).map(([{ served, surface, request, reservation }, beganAt]) => ({
      channelId: served.channelId,
      classId: served.classId.toString(),
      mode: served.channel.mode,
      surface: surface.path,
      model: request.model,
      startedAt: Math.floor(beganAt * 1000),
      units: reservation.units.toString(),
    })),
    refusals: sources
      .refusals()
      .toSorted((left, right) => right.count - left.count)
      .slice(0, mostRefusals),
    batches: {
      unanchored: sources.unanchored(),
      transactions: sources.transactions().slice(-mostTransactions).toReversed().map(transactionOf),
    },
  };
}

function lastMinuteOf(stretches: readonly LiveStretch[], prices: LotPrices): GatewayLiveJson['lastMinute'] {
  const byLot = new Map<bigint, bigint>();
  let calls = 0;
  let refused = 0;
  let units = 0n;
  for (const stretch of stretches) {
    calls += stretch.calls;
    refused += stretch.refused;
    units += stretch.units;
    for (const [lot, spent] of stretch.lots) byLot.set(lot, (byLot.get(lot) ?? 0n) + spent);
  }
  let unpricedUnits = 0n;
  const byAsset = new Map<Address, { amount: bigint; cut: bigint }>();
  for (const [lot, spent] of byLot) {
    prices.want(lot);
    const price = prices.of(lot);
    if (price === undefined) {
      unpricedUnits += spent;
      continue;
    }
    const amount = (spent * price.numerator) / price.denominator;
    const sum = byAsset.get(price.asset) ?? { amount: 0n, cut: 0n };
    const cut = (amount * BigInt(price.operatorBps)) / 10_000n;
    byAsset.set(price.asset, { amount: sum.amount + amount, cut: sum.cut + cut });
  }
  const revenue = [...byAsset].map(([asset, { amount, cut }]) => ({
    asset,
    amount: amount.toString(),
    cut: cut.toString(),
  }));
  return { calls, refused, units: units.toString(), revenue, unpricedUnits: unpricedUnits.toString() };
}

/** @param oldest Unix second in which the oldest running call began. */
function reservedOf(channels: Iterable<ServedChannel>, oldest: number | undefined): GatewayLiveJson['reserved'] {
  let calls = 0;
  let units = 0n;
  let waiting = 0;
  for (const { account } of channels) {
    calls += account.runningCalls;
    units += account.reservedUnits;
    waiting += account.waiting.length;
  }
  const oldestAt = oldest === undefined || calls === 0 ? null : Math.floor(oldest * 1000);
  return { calls, units: units.toString(), waiting, oldestAt };
}

function transactionOf({ hash, state, anchors }: JournalEntry): GatewayLiveJson['batches']['transactions'][number] {
  const batches = anchors.reduce((sum, { firstBatch, lastBatch }) => sum + Number(lastBatch - firstBatch) + 1, 0);
  return { hash, state, batches };
}
