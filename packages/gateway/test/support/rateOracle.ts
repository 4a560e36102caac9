import {
  type Policy,
  policyHashOf,
  type ProtocolDomain,
  type RateQuote,
  rateQuoteDigest,
  type SignedRateQuote,
  signedRateQuoteToJson,
} from '@kedge/core';
import { privateKeyToAccount } from 'viem/accounts';
import { keccak256 } from '../../src/crypto/hashers.js';
import { domain } from './createTestSetup.js';

/** Development key: account 5 of the well-known test mnemonic of anvil and hardhat. */
const oracleKey = privateKeyToAccount('0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba');

/** Clauses of a policy whose rates this oracle moves: 1 to 4 for a token in, 2 to 9 for one out; 1 and 3 without a quote. */
export const oracleTerms: Partial<Policy> = {
  format: 'kedge-policy/3',
  oracle: {
    signers: [oracleKey.address],
    maxAgeSeconds: 300,
    callSeconds: 60,
    bounds: { input_tokens: { min: '1', max: '4' }, output_tokens: { min: '2', max: '9' } },
  },
};

/** Signs a quote of 2 for a token in and 5 for one out, observed now, unless told otherwise. */
export async function signQuote(
  policy: Policy,
  change: Partial<RateQuote> = {},
  at: ProtocolDomain = domain,
): Promise<SignedRateQuote> {
  const observedAt = change.observedAt ?? BigInt(Math.floor(Date.now() / 1000));
  const quote: RateQuote = {
    policyHash: policyHashOf(policy, keccak256),
    sequence: 1n,
    observedAt,
    validUntil: observedAt + 200n,
    rates: { input_tokens: '2', output_tokens: '5' },
    ...change,
  };
  return { quote, signatures: [await oracleKey.sign({ hash: rateQuoteDigest(at, quote, keccak256) })] };
}

/** Hands quotes to a gateway as its operator does. */
export async function putQuotes(gatewayUrl: string, ...quotes: readonly SignedRateQuote[]) {
  const json = quotes.map(signedRateQuoteToJson);
  const response = await fetch(`${gatewayUrl}/admin/rates`, {
    method: 'PUT',
    body: JSON.stringify(json.length === 1 ? json[0] : json),
  });
  const body = (await response.json()) as {
    readonly quotes?: readonly { readonly state: string }[];
    readonly type?: string;
    readonly values?: { readonly clause?: string };
  };
  return {
    status: response.status,
    states: body.quotes?.map(({ state }) => state),
    type: body.type,
    values: body.values,
  };
}
