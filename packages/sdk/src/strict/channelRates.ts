import {
  BaseError,
  checkRateQuote,
  parseSignedRateQuote,
  quotedPolicy,
  rateQuoteCounts,
  type Policy,
  type SignedRateQuote,
} from '@kedge/core';
import { recoverAddress } from 'viem';
import { keccak256 } from '../keccak256.js';
import type { Send } from './channelPayer.js';
import type { Place } from './placeOf.js';
import { jsonIn } from './readAnswer.js';
import { readBytes } from './readBytes.js';
import type { StrictChannel } from './voucherAccount.js';
import { readSaid } from './voucherErrors.js';

/** What a call is counted with. */
type CallRates = {
  readonly policy: Policy;
  /** Of the quote, as the gateway is told: `0` without one; undefined where the policy takes none. */
  readonly sequence: string | undefined;
};

/** The rates of a channel's calls: the policy's own, or those of the quote that the gateway says and this client has checked. */
type ChannelRates = {
  /** @throws BaseError `rate_quote_refused`, `gateway_refused`. */
  readonly current: (place: Place) => Promise<CallRates>;
  /** The gateway counts with others by now: it is asked anew. */
  readonly forget: () => void;
};

export function createChannelRates(
  { policy, policyHash, domain }: StrictChannel & { readonly policyHash: `0x${string}` },
  ask: Send,
): ChannelRates {
  const { oracle } = policy;
  // Null: the gateway has none.
  let known: SignedRateQuote | null | undefined;
  const now = (): bigint => BigInt(Math.floor(Date.now() / 1000));

  const askRates = async ({ rates, authorization, way }: Place): Promise<SignedRateQuote | null> => {
    const response = await ask(rates, { ...way, method: 'GET', headers: authorization });
    const json = jsonIn(await readBytes(response));
    if (!response.ok || json === undefined) {
      throw new BaseError('The gateway does not say what its rates are.', {
        code: 'gateway_refused',
        kind: response.status >= 500 ? 'transient' : 'user',
        values: { status: response.status, detail: json?.['detail'] },
        hints: ['Check the base URL and the API key.'],
      });
    }
    if (json['rateQuote'] === null) return null;
    const signed = readSaid(() => parseSignedRateQuote(json['rateQuote']));
    const checked = checkRateQuote(signed, {
      policy,
      policyHash,
      domain,
      at: now(),
      of: 'call',
      keccak256,
      recover: (hash, signature) => recoverAddress({ hash, signature }),
    });
    await checked.catch((error: unknown) => {
      // What the gateway offers is no fault of the caller.
      throw error instanceof BaseError ? error.with({ status: 502 }) : error;
    });
    return signed;
  };

  return {
    current: async (place) => {
      if (oracle === undefined) return { policy, sequence: undefined };
      if (known === undefined || (known !== null && !rateQuoteCounts(oracle, known.quote, now(), 'call'))) {
        known = await askRates(place);
      }
      if (known === null) return { policy, sequence: '0' };
      return { policy: quotedPolicy(policy, known.quote), sequence: known.quote.sequence.toString() };
    },
    forget: () => {
      known = undefined;
    },
  };
}
