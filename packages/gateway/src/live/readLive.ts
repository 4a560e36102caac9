import type { Address, GatewayLiveJson } from '@kedge/core';
import type { JournalEntry } from '../capture/transactionJournal.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { MetricCounts } from '../metrics/createMetrics.js';
import { type LiveMeter, type LiveStretch, liveStretches, stretchWidth } from './createLiveMeter.js';
import type { LotPrices } from './createLotPrices.js';

/** What one process of a gateway does now. */
export type LivePart = {
  readonly stretches: readonly LiveStretch[];
  readonly reserved: { readonly calls: number; readonly units: bigint; readonly waiting: number };
  readonly runningCount: number;
  /** The oldest of them, the oldest first. */
  readonly running: GatewayLiveJson['running'];
};

/** What its operator's transactions come to. */
export type LiveBatches = { readonly unanchored: number; readonly transactions: readonly JournalEntry[] };

const minuteStretches = 60 / stretchWidth;
const mostRunning = 20;
const mostRefusals = 10;
const mostTransactions = 5;

export function readLivePart(meter: LiveMeter, channels: Iterable<ServedChannel>): LivePart {
  const running = meter.running();
  const oldest = running.toSorted((left, right) => left.beganAt - right.beganAt).slice(0, mostRunning);
  return {
    stretches: meter.stretches(),
    reserved: reservedOf(channels),
    runningCount: running.length,
    running: oldest.map(({ call: { served, surface, request, reservation }, beganAt }) => ({
      channelId: served.channelId,
      classId: served.classId.toString(),
      mode: served.channel.mode,
      surface: surface.path,
      model: request.model,
      startedAt: Math.floor(beganAt * 1000),
      units: reservation.units.toString(),
    })),
  };
}

/** What the gateway does now, for its operator: no prompts, no answers, no keys. */
export function readLive(
  parts: readonly LivePart[],
  whole: {
    readonly counts: MetricCounts;
    readonly batches: LiveBatches;
    readonly prices: LotPrices;
    readonly operator: Address;
    /** Milliseconds since 1970, as `now`. */
    readonly startedAt: number;
    readonly now: number;
  },
): GatewayLiveJson {
  const stretches = sumOfStretches(parts.map((part) => part.stretches));
  const sum = (of: (part: LivePart) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const running = parts.flatMap((part) => part.running).toSorted((left, right) => left.startedAt - right.startedAt);
  const calls = sum(({ reserved }) => reserved.calls);
  return {
    at: whole.now,
    startedAt: whole.startedAt,
    operator: whole.operator,
    lastMinute: lastMinuteOf(stretches.slice(liveStretches - minuteStretches), whole.prices),
    trend: {
      start: Math.max(0, (stretches[0]?.index ?? 0) * stretchWidth),
      width: stretchWidth,
      calls: stretches.map((stretch) => stretch.calls),
      refused: stretches.map(({ refused }) => refused),
      units: stretches.map(({ units }) => units.toString()),
    },
    reserved: {
      calls,
      units: parts.reduce((total, { reserved }) => total + reserved.units, 0n).toString(),
      waiting: sum(({ reserved }) => reserved.waiting),
      oldestAt: calls === 0 ? null : (running[0]?.startedAt ?? null),
    },
    runningCount: sum(({ runningCount }) => runningCount),
    running: running.slice(0, mostRunning),
    refusals: whole.counts.refusals.toSorted((left, right) => right.count - left.count).slice(0, mostRefusals),
    batches: {
      unanchored: whole.batches.unanchored,
      transactions: whole.batches.transactions.slice(-mostTransactions).toReversed().map(transactionOf),
    },
  };
}

/** One on another: their clocks are one, but a moment apart. */
function sumOfStretches(all: readonly (readonly LiveStretch[])[]): readonly LiveStretch[] {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  const last = Math.max(...all.map((stretches) => stretches.at(-1)?.index ?? 0));
  const sums = Array.from({ length: liveStretches }, (_, place): LiveStretch => {
    return { index: last - liveStretches + 1 + place, calls: 0, refused: 0, units: 0n, lots: new Map() };
  });
  for (const stretch of all.flat()) {
    const sum = sums[stretch.index - (sums[0]?.index ?? 0)];
    if (sum === undefined) continue;
    sum.calls += stretch.calls;
    sum.refused += stretch.refused;
    sum.units += stretch.units;
    for (const [lot, units] of stretch.lots) sum.lots.set(lot, (sum.lots.get(lot) ?? 0n) + units);
  }
  return sums;
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

function reservedOf(channels: Iterable<ServedChannel>): LivePart['reserved'] {
  let calls = 0;
  let units = 0n;
  let waiting = 0;
  for (const { account } of channels) {
    calls += account.runningCalls;
    units += account.reservedUnits;
    waiting += account.waiting.length;
  }
  return { calls, units, waiting };
}

function transactionOf({ hash, state, anchors }: JournalEntry): GatewayLiveJson['batches']['transactions'][number] {
  const batches = anchors.reduce((sum, { firstBatch, lastBatch }) => sum + Number(lastBatch - firstBatch) + 1, 0);
  return { hash, state: state === 'settled' ? 'confirmed' : state, batches };
}
