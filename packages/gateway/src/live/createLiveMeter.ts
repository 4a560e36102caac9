import type { Call } from '../call/call.js';
import type { ServedChannel } from '../channels/servedChannel.js';

/** A stretch of time. `lots`: units by lot, as a token's id without its serial. */
export type LiveStretch = {
  readonly index: number;
  calls: number;
  refused: number;
  units: bigint;
  readonly lots: Map<bigint, bigint>;
};

/** A call under way. */
export type LiveCall = {
  readonly call: Call;
  /** Unix time in seconds, with fractions. */
  readonly beganAt: number;
  /** Where it is among those that run. */
  place: number;
};

/** Counts what the gateway does now. Costs a call a handful of additions; who reads does the rest. */
export type LiveMeter = {
  /** The call holds its reservation. */
  readonly begin: (call: Call) => LiveCall;
  readonly charged: (served: ServedChannel, units: bigint) => void;
  /** Ending it again does nothing. */
  readonly end: (ended: LiveCall) => void;
  readonly refused: () => void;
  /** Calls under way, in no order. */
  readonly running: () => readonly LiveCall[];
  /** The newest {@link liveStretches}, the oldest first, the last of which is not over. */
  readonly stretches: () => readonly LiveStretch[];
};

/** Seconds. */
export const stretchWidth = 5;
/** Five minutes. */
export const liveStretches = 60;

/** @param nowSeconds Unix time in seconds, with fractions. */
export function createLiveMeter(nowSeconds: () => number): LiveMeter {
  // A list that calls leave by changing places. In a Map or a Set, the tables that it outgrew point at those that follow: once one
  // of them is old garbage, all calls that were in it stay in memory until the next full collection, and are moved about until then.
  const running: LiveCall[] = [];
  const ring: LiveStretch[] = [];
  let newest = emptyStretch(0);

  const current = (): LiveStretch => {
    const index = Math.floor(nowSeconds() / stretchWidth);
    // A clock that was set back counts on where it was.
    if (index <= newest.index) return newest;
    newest = emptyStretch(index);
    ring[index % liveStretches] = newest;
    return newest;
  };

  return {
    begin: (call) => {
      const begun = { call, beganAt: nowSeconds(), place: running.length };
      running.push(begun);
      return begun;
    },
    charged: ({ channel }, units) => {
      const stretch = current();
      const lot = channel.tokenId >> 32n;
      stretch.calls++;
      stretch.units += units;
      stretch.lots.set(lot, (stretch.lots.get(lot) ?? 0n) + units);
    },
    end: (ended) => {
      if (running[ended.place] !== ended) return;
      const last = running.pop();
      if (last === undefined || last === ended) return;
      last.place = ended.place;
      running[ended.place] = last;
    },
    refused: () => void current().refused++,
    running: () => running,
    stretches: () => {
      const { index: last } = current();
      return Array.from({ length: liveStretches }, (_, place) => {
        const index = last - liveStretches + 1 + place;
        const kept = ring[index % liveStretches];
        return kept?.index === index ? kept : emptyStretch(index);
      });
    },
  };
}

function emptyStretch(index: number): LiveStretch {
  return { index, calls: 0, refused: 0, units: 0n, lots: new Map() };
}
