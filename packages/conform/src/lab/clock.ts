import type { PublicClient } from 'viem';
import { NotApplicable } from '../outcome.js';

/** The chain's time: a development chain's can be moved, another's is waited for. */
export type Clock = {
  readonly canTravel: boolean;
  /** Seconds that a token lives which shall expire in a check. */
  readonly lead: bigint;
  /** Timestamp of the newest block. */
  readonly now: () => Promise<bigint>;
  /** Returns when a block has this timestamp or a later one. */
  readonly pass: (timestamp: bigint) => Promise<void>;
  /** Throws {@link NotApplicable} where blocks cannot be made at a chosen second. */
  readonly requireTravel: () => void;
  /** Makes the next block bear exactly this timestamp; throws {@link NotApplicable} where there is a later one already. */
  readonly fixNext: (timestamp: bigint) => Promise<void>;
};

export type ClockOptions = {
  /** Seconds that a token lives which shall expire; default 1,000 where time can be moved, else 60, which are waited for. */
  readonly expiryLeadSeconds?: number;
  readonly sleep?: (milliseconds: number) => Promise<void>;
};

const travellers = /anvil|hardhat|ganache/i;
const pollMilliseconds = 1_000;
/** After so long without a block a chain is taken for one that makes them for transactions only. */
const patienceMilliseconds = 300_000;

export async function createClock(client: PublicClient, options: ClockOptions = {}): Promise<Clock> {
  const { sleep = (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = options;
  const version = await client.request({ method: 'web3_clientVersion' }).catch(() => '');
  const canTravel = travellers.test(version);
  const { expiryLeadSeconds = canTravel ? 1_000 : 60 } = options;
  const request = (method: string, params: readonly unknown[]): Promise<unknown> =>
    client.request({ method, params } as never);
  const now = async (): Promise<bigint> => (await client.getBlock()).timestamp;
  return {
    canTravel,
    lead: BigInt(expiryLeadSeconds),
    now,
    async pass(timestamp) {
      if (canTravel) {
        if ((await now()) >= timestamp) return;
        await request('evm_setNextBlockTimestamp', [Number(timestamp)]);
        await request('evm_mine', []);
        // The client shows the state of the newest block that it knows.
        await now();
        return;
      }
      let newest = await now();
      for (let waited = 0; newest < timestamp; waited += pollMilliseconds) {
        if (waited >= patienceMilliseconds) {
          const reason = `could not be reached: the chain made no block for ${patienceMilliseconds / 1_000} s, so nothing expires`;
          throw new NotApplicable(reason, { isUnchecked: true });
        }
        await sleep(pollMilliseconds);
        const seen = await now();
        if (seen > newest) waited = 0;
        newest = seen;
      }
    },
    requireTravel() {
      if (!canTravel) throw noSuchSecond();
    },
    async fixNext(timestamp) {
      if ((await now()) >= timestamp) throw noSuchSecond();
      await request('evm_setNextBlockTimestamp', [Number(timestamp)]);
    },
  };
}

/** Also for a development chain that makes blocks at intervals of its own. */
export function noSuchSecond(): NotApplicable {
  return new NotApplicable('the chain decides the time of its blocks, so none can be made at that very second');
}
