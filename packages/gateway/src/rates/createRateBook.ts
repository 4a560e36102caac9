import {
  BaseError,
  checkRateQuote,
  domainSeparatorOf,
  type Hex,
  type Policy,
  type ProtocolDomain,
  quotedPolicy,
  rateQuoteCounts,
  rateQuoteDigest,
  type SignedRateQuote,
} from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';
import { keccak256 } from '../crypto/hashers.js';
import type { StructuredLog } from '../structuredLog.js';
import { signerOf } from '../vouchers/signerOf.js';

/** The rate quotes that count now, one for each policy with an `oracle`. In memory only: receipts carry those they are under. */
export type RateBook = {
  /**
   * Takes a quote, if it is newer than the one that counts now.
   * @throws BaseError 403 `rate_quote_refused`, which names the clause; 404 `policy_unknown`; 409 `rate_quote_stale` or
   * `rate_quote_contradicted`.
   */
  readonly take: (signed: SignedRateQuote) => Promise<'taken' | 'held'>;
  readonly current: (served: Pick<ServedChannel, 'policy' | 'policyHash'>) => SignedRateQuote | undefined;
  /**
   * The channel under the quote that counts as its call begins, or as it is.
   * @param wanted The sequence that the client counts with, `0` for the policy's own rates; undefined where it does not say.
   * @throws BaseError 409 `rates_changed` when that is another.
   */
  readonly priced: (served: ServedChannel, wanted: string | undefined) => ServedChannel;
  /** Notes which quotes have ended. */
  readonly sweep: () => void;
  /** For Prometheus: a name after `kedge_`, what it means, its value now. */
  readonly gauges: () => readonly (readonly [name: string, help: string, value: number])[];
};

type Held = {
  readonly signed: SignedRateQuote;
  readonly digest: Hex;
  readonly own: Policy;
  readonly policy: Policy;
  /** Its signers signed something else under the same number: neither counts. */
  isContradicted: boolean;
};

export function createRateBook(options: {
  readonly domain: ProtocolDomain;
  readonly served: () => Iterable<Pick<ServedChannel, 'policy' | 'policyHash'>>;
  readonly nowSeconds: () => number;
  readonly log: StructuredLog;
}): RateBook {
  const { log } = options;
  const separator = domainSeparatorOf(options.domain, keccak256);
  const held = new Map<Hex, Held>();
  let taken = 0;
  let refused = 0;
  let fallbacks = 0;
  const now = (): bigint => BigInt(Math.floor(options.nowSeconds()));

  const fallBack = ({ signed: { quote } }: Held, reason: string): void => {
    fallbacks++;
    log.warn('rate_quote_ended', { policyHash: quote.policyHash, sequence: quote.sequence, reason });
  };
  const heldFor = (policyHash: Hex): Held | undefined => {
    const found = held.get(policyHash);
    if (found?.own.oracle === undefined) return undefined;
    if (rateQuoteCounts(found.own.oracle, found.signed.quote, now(), 'call')) return found;
    held.delete(policyHash);
    if (!found.isContradicted) fallBack(found, 'it lapsed, and no newer one came');
    return undefined;
  };
  const counting = (policyHash: Hex): Held | undefined => {
    const found = heldFor(policyHash);
    return found?.isContradicted === true ? undefined : found;
  };

  const take = async (signed: SignedRateQuote): Promise<'taken' | 'held'> => {
    const { policyHash, sequence } = signed.quote;
    const digest = rateQuoteDigest(separator, signed.quote, keccak256);
    if (heldFor(policyHash)?.digest === digest) return 'held';
    const policy = policyOf(policyHash, options.served());
    await checkRateQuote(signed, {
      policy,
      policyHash,
      domain: separator,
      at: now(),
      of: 'call',
      keccak256,
      recover: (hash, signature) => signerOf(hash, signature) ?? Promise.reject(new Error('Nobody signed that.')),
    });
    // Asked again: another may have come while this one was checked.
    const before = heldFor(policyHash);
    if (before?.digest === digest) return 'held';
    if (before !== undefined && sequence < before.signed.quote.sequence) throw stale(signed, before);
    if (before !== undefined && sequence === before.signed.quote.sequence) {
      if (!before.isContradicted) fallBack(before, 'its signers signed its number twice, with different contents');
      before.isContradicted = true;
      throw contradicted(signed, before, digest);
    }
    held.set(policyHash, {
      signed,
      digest,
      own: policy,
      policy: quotedPolicy(policy, signed.quote),
      isContradicted: false,
    });
    taken++;
    log.info('rate_quote_taken', { policyHash, sequence, rates: JSON.stringify(signed.quote.rates) });
    return 'taken';
  };

  return {
    take: (signed) =>
      take(signed).catch((error: unknown) => {
        refused++;
        throw error;
      }),
    current: ({ policyHash }) => counting(policyHash)?.signed,
    priced: (served, wanted) => {
      const found = counting(served.policyHash);
      const sequence = found?.signed.quote.sequence ?? 0n;
      if (wanted !== undefined && wanted !== sequence.toString()) throw changed(wanted, sequence);
      if (found === undefined) return served;
      return { ...served, policy: found.policy, quoted: { quote: found.signed, own: found.own } };
    },
    sweep: () => {
      for (const policyHash of held.keys()) heldFor(policyHash);
    },
    gauges: () => [
      ['rate_quotes_live', 'Policies whose rates a quote moves now.', [...held.keys()].filter(counting).length],
      ['rate_quotes_taken_total', 'Rate quotes that were taken since the start.', taken],
      ['rate_quotes_refused_total', 'Rate quotes that were refused since the start.', refused],
      [
        'rate_fallbacks_total',
        "Ends of a rate quote without a newer one: the policy's own rates held again.",
        fallbacks,
      ],
    ],
  };
}

function policyOf(policyHash: Hex, served: Iterable<Pick<ServedChannel, 'policy' | 'policyHash'>>): Policy {
  for (const channel of served) if (channel.policyHash === policyHash) return channel.policy;
  throw new BaseError('No channel that is served here has this policy.', {
    code: 'policy_unknown',
    status: 404,
    values: { policyHash },
    hints: ['Sign for the policyHash that receipts of the channel name, and send the quote when the channel is open.'],
  });
}

function changed(wanted: string, sequence: bigint): BaseError {
  return new BaseError('The rates are others than this call was counted with.', {
    code: 'rates_changed',
    status: 409,
    kind: 'transient',
    values: { clause: 'oracle', wanted: wanted.slice(0, 20), sequence },
    hints: [
      'Nothing was charged. GET /v1/rates gives the quote that counts now; count with it, and make the call again.',
    ],
  });
}

function stale({ quote }: SignedRateQuote, before: Held): BaseError {
  return new BaseError('A newer rate quote counts already.', {
    code: 'rate_quote_stale',
    status: 409,
    values: { sequence: quote.sequence, newest: before.signed.quote.sequence },
    hints: ['Number quotes in the order in which they are made, for example by their Unix time.'],
  });
}

function contradicted({ quote }: SignedRateQuote, before: Held, digest: Hex): BaseError {
  return new BaseError('This number was signed with another content: neither quote counts.', {
    code: 'rate_quote_contradicted',
    status: 409,
    values: { policyHash: quote.policyHash, sequence: quote.sequence, digest, other: before.digest },
    hints: ['Sign the next quote with a higher sequence.', 'Until then the policy’s own rates hold.'],
  });
}
