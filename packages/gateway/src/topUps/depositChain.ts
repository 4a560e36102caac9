import type { Address, Channel, DepositTerms, Hex } from '@kedge/core';

/** A lot as it is sold now. */
export type LotOnSale = {
  readonly asset: Address;
  /** Smallest units of the asset for `denominator` base units of value. */
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** Who sells it. */
  readonly market: Address;
  /** Base units; undefined where the seller does not say. */
  readonly supply: bigint | undefined;
  /** Of the tokens that are sold, Unix seconds; 0: never. */
  readonly expireAt: bigint;
};

/** A payment by EIP-3009, as its payer signed it. */
export type Authorization = {
  readonly from: Address;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
  readonly signature: Hex;
};

/** A channel that a deposit was swept into. */
export type SweptChannel = {
  readonly channelId: Hex;
  readonly channel: Channel;
  readonly spent: bigint;
  readonly transaction: Hex;
};

/** Top-ups' door to the chain. Every call may throw when the node does not answer. */
export type DepositChain = {
  /** Undefined where nothing is sold from it: superseded, not listed, or made under a policy without a hash. */
  readonly lotOnSale: (classId: bigint, lot: number) => Promise<LotOnSale | undefined>;
  readonly depositOf: (terms: DepositTerms) => Promise<Address>;
  /** The transaction since a block in which the asset took the payer's authorization; undefined: none. */
  readonly paidIn: (asset: Address, from: Address, nonce: Hex, fromBlock: bigint) => Promise<Hex | undefined>;
  readonly blockNumber: () => Promise<bigint>;
  /**
   * Pays and sweeps in one transaction. Resolves when it is mined, whatever came of it, or when it is waited for too long.
   * @throws BaseError `payment_reverts` when the chain says beforehand that it would revert; then nothing was sent.
   */
  readonly payAndSweep: (terms: DepositTerms, authorization: Authorization) => Promise<void>;
  /** What a deposit was swept into since a block. */
  readonly sweptOf: (deposit: Address, fromBlock: bigint) => Promise<readonly SweptChannel[]>;
};
