import { keccak256 as keccak, stringToHex } from 'viem';
import { BaseError, type Channel, type Hex } from '@kedge/core';
import type { Capture, GatewayChain, LotPrice, SignedTransaction } from '../../src/index.js';

/**
 * A chain of the gateway's own port, in memory: channels open with a policy hash, captures that take what was signed. For
 * tests about serving; captures against real contracts are tested on a real node.
 */
export type FakeChain = GatewayChain & {
  readonly captured: Map<Hex, bigint>;
  /** Those that it was asked for. */
  readonly opened: Map<Hex, Channel>;
  /** Channels that were closed. */
  readonly closed: Set<Hex>;
  readonly mined: { transaction: SignedTransaction; capture: Capture; blockNumber: bigint; succeeded: boolean }[];
  /** Mines blocks without transactions. */
  readonly pass: (blocks: number) => void;
  /** Loses the last transactions with their blocks, and mines as many others in their place. */
  readonly reorganise: (transactions: number) => void;
  /** How often the newest block was asked for. */
  looks: number;
  /** What the node says of the next nonce instead of the truth, by how much. */
  nonceError: number;
  /** Why a capture of the channel takes nothing. */
  readonly failing: Map<Hex, string>;
  /** How much a channel's rate lets be captured by now. */
  readonly rated: Map<Hex, bigint>;
  /** Whether such a capture would revert, or will. */
  wouldRevert: (capture: Capture) => boolean;
  willRevert: boolean;
  openedAt: bigint;
  policyHash: Hex;
  currentPolicy: { hash: Hex; uri: string };
  down: boolean;
};

/** Every transaction is a block. */
export function createFakeChain(policyHash: Hex, openedAt: bigint, price?: LotPrice): FakeChain {
  const known = new Map<Hex, Capture>();
  const up = (): void => {
    if (chain.down) throw new Error('the node does not answer');
  };
  const take = ({ items }: Capture): void => {
    for (const { voucher } of items) {
      const { channelId, cumulativeUnits } = voucher;
      if (chain.failing.has(channelId)) continue;
      const rated = chain.rated.get(channelId) ?? cumulativeUnits;
      chain.captured.set(channelId, rated < cumulativeUnits ? rated : cumulativeUnits);
    }
  };
  let height = 0n;
  let forks = 0;
  const chain: FakeChain = {
    looks: 0,
    nonceError: 0,
    failing: new Map(),
    rated: new Map(),
    wouldRevert: () => false,
    willRevert: false,
    pass: (blocks) => void (height += BigInt(blocks)),
    reorganise: (transactions) => {
      forks++;
      chain.mined.splice(chain.mined.length - transactions);
      chain.captured.clear();
      for (const { capture, succeeded } of chain.mined) if (succeeded) take(capture);
    },
    head: async () => {
      up();
      chain.looks++;
      const timestamp = BigInt(Math.floor(Date.now() / 1_000));
      return { number: height, hash: keccak(stringToHex(`${forks}/${height}`)), timestamp };
    },
    captured: new Map(),
    opened: new Map(),
    closed: new Set(),
    mined: [],
    openedAt,
    policyHash,
    currentPolicy: { hash: policyHash, uri: '' },
    down: false,
    readChannel: async (channel, channelId) => {
      up();
      chain.opened.set(channelId, channel);
      const captured = chain.captured.get(channelId) ?? 0n;
      const rest = channel.cap - captured;
      return {
        open: !chain.closed.has(channelId),
        capturedUnits: captured,
        capturableUnits: rest,
        openedAt: chain.openedAt,
        policyHash: chain.policyHash,
      };
    },
    findChannel: async (channelId) => {
      up();
      return chain.closed.has(channelId) ? 'ended' : chain.opened.get(channelId);
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
      return chain.mined.length + chain.nonceError;
    },
    signCapture: async (capture, nonce) => {
      up();
      if (chain.wouldRevert(capture)) throw new BaseError('It would revert.', { code: 'capture_reverts' });
      const raw = stringToHex(`${nonce}/${capture.items.map((item) => item.voucher.cumulativeUnits).join()}`);
      const hash = keccak(raw);
      known.set(hash, capture);
      return { raw, hash, nonce };
    },
    send: async (transaction) => {
      up();
      const capture = known.get(transaction.hash);
      if (capture === undefined || transaction.nonce !== chain.mined.length) return;
      const succeeded = !chain.willRevert;
      chain.mined.push({ transaction, capture, blockNumber: ++height, succeeded });
      if (succeeded) take(capture);
    },
    reprice: async () => undefined,
    isPayableForLess: async () => false,
    outcomeOf: async (hash) => {
      up();
      const found = chain.mined.find(({ transaction }) => transaction.hash === hash);
      if (found === undefined) return undefined;
      const { capture, blockNumber, succeeded } = found;
      const failures = capture.items.flatMap(({ voucher: { channelId } }) => {
        const reason = chain.failing.get(channelId);
        return reason === undefined || !succeeded ? [] : [{ channelId, reason }];
      });
      return { succeeded, blockNumber, gasUsed: 0n, failures };
    },
  };
  return chain;
}
