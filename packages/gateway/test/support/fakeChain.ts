import { keccak256 as keccak, stringToHex } from 'viem';
import type { Hex } from '@kedge/core';
import type { Capture, GatewayChain, LotPrice, SignedTransaction } from '../../src/index.js';

/**
 * A chain of the gateway's own port, in memory: channels open with a policy hash, captures that take what was signed. For
 * tests about serving; captures against real contracts are tested on a real node.
 */
export type FakeChain = GatewayChain & {
  readonly captured: Map<Hex, bigint>;
  /** Channels that were closed. */
  readonly closed: Set<Hex>;
  readonly mined: { transaction: SignedTransaction; capture: Capture }[];
  openedAt: bigint;
  policyHash: Hex;
  currentPolicy: { hash: Hex; uri: string };
  down: boolean;
};

export function createFakeChain(policyHash: Hex, openedAt: bigint, price?: LotPrice): FakeChain {
  const known = new Map<Hex, Capture>();
  const up = (): void => {
    if (chain.down) throw new Error('the node does not answer');
  };
  const chain: FakeChain = {
    captured: new Map(),
    closed: new Set(),
    mined: [],
    openedAt,
    policyHash,
    currentPolicy: { hash: policyHash, uri: '' },
    down: false,
    readChannel: async (channel, channelId) => {
      up();
      const captured = chain.captured.get(channelId) ?? 0n;
      const rest = channel.cap - captured;
      return {
        open: !chain.closed.has(channelId),
        capturedUnits: captured,
        remainingUnits: rest,
        capturableUnits: rest,
        openedAt: chain.openedAt,
        policyHash: chain.policyHash,
      };
    },
    readCurrentPolicy: async () => {
      up();
      return chain.currentPolicy;
    },
    readLot: async () => {
      up();
      return price;
    },
    minedNonce: async () => {
      up();
      return chain.mined.length;
    },
    signCapture: async (capture, nonce) => {
      up();
      const raw = stringToHex(`${nonce}/${capture.items.map((item) => item.voucher.cumulativeUnits).join()}`);
      const hash = keccak(raw);
      known.set(hash, capture);
      return { raw, hash, nonce };
    },
    send: async (transaction) => {
      up();
      const capture = known.get(transaction.hash);
      if (capture === undefined || transaction.nonce !== chain.mined.length) return;
      chain.mined.push({ transaction, capture });
      for (const { voucher } of capture.items) chain.captured.set(voucher.channelId, voucher.cumulativeUnits);
    },
    reprice: async () => undefined,
    outcomeOf: async (hash) => {
      up();
      const index = chain.mined.findIndex(({ transaction }) => transaction.hash === hash);
      return index < 0 ? undefined : { succeeded: true, blockNumber: BigInt(index), gasUsed: 0n, failures: [] };
    },
  };
  return chain;
}
