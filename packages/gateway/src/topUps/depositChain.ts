import type { Address, Channel, DepositTerms, Hex } from '@kedge/core';
import type { SentRecord } from './topUpRecord.js';

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

/** Where to look for what came of a payment. */
export type SoughtPayment = Pick<SentRecord, 'payment' | 'deposit' | 'asset' | 'fromBlock'>;

/** What the chain says of a payment, since the block from which it is looked for. */
export type PaymentOutcome = {
  /** The transaction in which the asset took the payer's authorization; undefined: none. */
  readonly paidIn: Hex | undefined;
  /** What the deposit was swept into. */
  readonly swept: readonly SweptChannel[];
};

/** What the asset says of a payment's authorization as of a block. */
export type AuthorizationState = {
  /** It was paid, by whomever, or cancelled. */
  readonly isUsed: boolean;
  /** Of the block, Unix seconds: the asset compares a payment's times to it. */
  readonly timestamp: bigint;
};

/** Top-ups' door to the chain. Every call may throw when the node does not answer. */
export type DepositChain = {
  /** Undefined where nothing is sold from it: there is none, it is superseded, not listed, or made under a policy without a hash. */
  readonly lotOnSale: (classId: bigint, lot: number) => Promise<LotOnSale | undefined>;
  readonly depositOf: (terms: DepositTerms) => Promise<Address>;
  /** In the order of what is sought, with as many queries for many payments as for one. */
  readonly outcomesOf: (sought: readonly SoughtPayment[]) => Promise<readonly PaymentOutcome[]>;
  readonly blockNumber: () => Promise<bigint>;
  /** Of a payment, as of the newest block. */
  readonly authorizationNow: (sought: Pick<SoughtPayment, 'asset' | 'payment'>) => Promise<AuthorizationState>;
  /**
   * @throws BaseError `payment_reverts` when the chain says that to pay and sweep now would revert, and nobody has paid it;
   * `payment_invalid` when it takes more gas than is worth paying; `gas_too_dear`, without a status, while gas costs more than is
   * paid for it.
   */
  readonly checkPayment: (terms: DepositTerms, authorization: Authorization) => Promise<void>;
  /**
   * Pays and sweeps in one transaction. Resolves when it is mined, whatever came of it, or when it is waited for too long.
   * @throws BaseError as `checkPayment`; then nothing was sent.
   */
  readonly payAndSweep: (terms: DepositTerms, authorization: Authorization) => Promise<void>;
};
