import {
  BaseError,
  policyHashOf,
  quotedPolicy,
  type ReceiptBodies,
  type ReceiptCheck,
  type SignedReceipt,
} from '@kedge/core';
import { recountCall, type CallRecount, type MetricRecount } from '@kedge/sdk';
import { keccak256 } from '../keccak256.js';
import { usageError } from '../usageError.js';
import type { FoundPolicy } from './findPolicy.js';

/** One metric of a receipt against the own count, or why nothing was recounted. */
type RecountCheck = Partial<Pick<MetricRecount, 'ok' | 'metric' | 'amount' | 'counted'>> & {
  readonly name: 'recount';
  readonly detail: string;
};

type RecountInput = {
  readonly signed: SignedReceipt;
  readonly found: FoundPolicy;
  readonly bodies: ReceiptBodies;
  /** What comparing the hashes of `bodies` came to: those of other bytes are not counted. */
  readonly compared: readonly ReceiptCheck[];
  readonly surface: string | undefined;
};

/**
 * Counts the bodies of a receipt again, by the policy that it names, and compares metric by metric.
 *
 * @throws BaseError of usage where the surface must be named.
 */
export async function recountChecks(input: RecountInput): Promise<readonly RecountCheck[]> {
  const { signed, found, bodies, compared } = input;
  const none = (detail: string): RecountCheck[] => [{ name: 'recount', detail: `nothing was recounted: ${detail}` }];
  if (compared.some(({ ok }) => !ok)) return none('these are not the bytes of this call');
  if ('missing' in found) return none(found.missing);
  if (policyHashOf(found.policy, keccak256) !== signed.receipt.policyHash) {
    return none('the policy is not the one that the receipt names');
  }
  if (signed.receipt.metrics.length === 0) return none('the receipt charges for nothing');
  const { quote } = signed.rateQuote ?? {};
  const policy = quote === undefined ? found.policy : quotedPolicy(found.policy, quote);
  let recount: CallRecount;
  try {
    recount = await recountCall({ policy, metrics: signed.receipt.metrics, surface: input.surface, ...bodies });
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    if (error.code === 'surface_unclear') {
      throw usageError(
        error.shortMessage,
        `Say where the call went, with --surface: ${String(error.values['choices'])}`,
      );
    }
    if (error.code === 'request_unreadable') return [{ name: 'recount', ok: false, detail: error.shortMessage }];
    if (error.code !== 'tokenizer_differs') throw error;
    const { pinned, own } = error.values;
    return none(`the policy pins the tokenizer ${String(pinned)}, this kedge has ${String(own)}`);
  }
  return recount.metrics.map((checked) => ({
    ...checked,
    name: 'recount',
    detail: `${checked.metric}: ${checked.detail}`,
  }));
}

// Of gzip and zstd.
const compressedHead = /^(1f8b|28b52ffd)/;

/**
 * What is the matter with a body whose hash is not that of its receipt, where its bytes tell.
 *
 * @param isOf whether other bytes are those of the receipt
 */
export function hintOnBody(body: Uint8Array, isOf: (bytes: Uint8Array) => boolean): string | undefined {
  if (body.at(-1) === 0x0a && isOf(body.subarray(0, -1))) return 'without the line break at its end it does';
  const head = Buffer.from(body.subarray(0, 16));
  if (compressedHead.test(head.toString('hex'))) return 'it is compressed, and the hash is over the bytes before that';
  const text = head.toString('latin1');
  if (/^HTTP\/\d/.test(text)) return 'it begins with the headers of an answer, and the hash is over the body alone';
  if (!/^(:|event:|data:)/.test(text)) return undefined;
  return 'a saved stream must be whole, every byte as it came, up to its last line';
}
