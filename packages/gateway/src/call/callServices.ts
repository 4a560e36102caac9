import type { Hex, Measured, SignedReceipt } from '@kedge/core';
import type { CurrentPolicies } from '../channels/createCurrentPolicies.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import type { LiveMeter } from '../live/createLiveMeter.js';
import type { StructuredLog } from '../structuredLog.js';
import type { Traces } from '../traces/createTraces.js';
import type { Upstream } from '../upstream/upstream.js';
import type { Call } from './call.js';

/** What serving any call needs. */
export type CallServices = {
  readonly upstream: Upstream;
  /** Undefined in shadow mode, which charges nothing. */
  readonly commit: (input: CommitInput) => Promise<SignedReceipt | undefined>;
  /** Compares the upstream's count with the gateway's own. */
  readonly checkUsage: (measured: Measured, call: Call) => void;
  /** Counts for the operator what is served now; absent in shadow mode. */
  readonly live?: LiveMeter;
  readonly log: StructuredLog;
  /** Unix time in seconds, with fractions. */
  readonly nowSeconds: () => number;
  /** For the receipt of a call with this key, if it has terms of its own. */
  readonly newSalt: (apiKeySha256: string | undefined) => Hex;
  readonly maxAnswerBytes: number;
  /** Undefined in shadow mode. */
  readonly currentPolicies?: CurrentPolicies | undefined;
  /** Undefined where nobody asked for traces. */
  readonly traces?: Traces | undefined;
};
