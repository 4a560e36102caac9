import type { Channel, Hex, ReceiptBatch, Voucher } from '@kedge/core';

/** What the chain says of a channel. */
export type ChannelState = {
  readonly open: boolean;
  readonly capturedUnits: bigint;
  /** What the rate allows now (R9). */
  readonly capturableUnits: bigint;
  /** Unix seconds. */
  readonly openedAt: bigint;
  /** Of the policy that the token's value was made under. */
  readonly policyHash: Hex;
};

/** Unsigned where the channel key is the operator's, whose transaction says the same. */
export type CaptureItem = { readonly channel: Channel; readonly voucher: Voucher; readonly signature?: Hex };
export type RoyaltyEdge = { readonly classId: bigint; readonly parentIndex: bigint; readonly asset: Hex };
export type ReceiptAnchor = {
  readonly epoch: bigint;
  readonly firstBatch: bigint;
  readonly lastBatch: bigint;
  readonly root: ReceiptBatch['root'];
  readonly cid: string;
};

export type Capture = {
  readonly items: readonly CaptureItem[];
  readonly edges: readonly RoyaltyEdge[];
  readonly anchors: readonly ReceiptAnchor[];
};

export type SignedTransaction = { readonly hash: Hex; readonly raw: Hex; readonly nonce: number };

/** A capture's outcome on chain. `failures` are the items that did nothing, with the contract's reason decoded. */
export type CaptureOutcome = {
  readonly succeeded: boolean;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
  readonly failures: readonly { readonly channelId: Hex; readonly reason: string }[];
};

/** What the units of a lot are backed with (R1): `numerator` smallest units of `asset` for `denominator` base units. */
export type LotPrice = {
  readonly asset: Hex;
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** Of it, at capture, the operator's (R3). */
  readonly operatorBps: number;
};

/** The only door to the chain. Every call may throw when the node does not answer; nothing is retried behind it. */
export type GatewayChain = {
  readonly readChannel: (channel: Channel, channelId: Hex) => Promise<ChannelState>;
  /** The terms of a channel that is open; undefined for one that the chain does not know. */
  readonly findChannel: (channelId: Hex) => Promise<Channel | 'ended' | undefined>;
  /** Of a class, now. The hash is zero where it was published without one. */
  readonly readCurrentPolicy: (classId: bigint) => Promise<{ readonly hash: Hex; readonly uri: string }>;
  /** By a token's id without its serial; undefined for a lot without backing. */
  readonly readLot: (lot: bigint) => Promise<LotPrice | undefined>;
  /** The newest block. Its time is in Unix seconds. */
  readonly head: () => Promise<{ readonly number: bigint; readonly hash: Hex; readonly timestamp: bigint }>;
  /** The operator's next nonce by what is mined. */
  readonly minedNonce: () => Promise<number>;
  /**
   * Signs `ValueChannels.capture`.
   * @throws BaseError `capture_reverts` when the chain says that it would; `capture_too_large` for one transaction;
   * `gas_too_dear` while gas costs more than is paid for it.
   */
  readonly signCapture: (capture: Capture, nonce: number) => Promise<SignedTransaction>;
  /**
   * Hands a transaction to the node. One that the node already knows is no error.
   * @throws BaseError `capture_too_large` when the node will never take it; `capture_underpriced` when it takes none so cheap;
   * `no_coin_for_gas` when its account cannot pay what it offers.
   */
  readonly send: (transaction: SignedTransaction) => Promise<void>;
  /**
   * The same for more, to replace what is not mined; undefined where its price cannot be what holds it up.
   * @throws BaseError `gas_too_dear`.
   */
  readonly reprice: (transaction: SignedTransaction) => Promise<SignedTransaction | undefined>;
  /** Whether it offers more than gas costs now, and its account has enough for that. */
  readonly isPayableForLess: (transaction: SignedTransaction) => Promise<boolean>;
  readonly outcomeOf: (hash: Hex) => Promise<CaptureOutcome | undefined>;
};
