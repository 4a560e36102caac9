import * as z from 'zod';
import type { Address, Hex } from './hex.js';
import type { Policy } from './policy.js';
import { addressSchema, decimalSchema, hashSchema, parseWith } from './schemas.js';
import { splitTokenId } from './token.js';

const priceSchema = z.strictObject({
  asset: addressSchema,
  numerator: decimalSchema(96),
  denominator: decimalSchema(64),
});

const topUpOfferSchema = z.looseObject({
  format: z.literal('kedge-top-up/1'),
  /** CAIP-2. */
  chain: z.string().regex(/^eip155:\d+$/),
  token: addressSchema,
  channels: addressSchema,
  operator: addressSchema,
  classId: decimalSchema(256),
  tokenId: decimalSchema(256),
  channelId: hashSchema,
  lot: z.int().nonnegative(),
  units: decimalSchema(64),
  price: priceSchema.optional(),
  cost: decimalSchema(256).optional(),
  steps: z.array(z.string()),
  /** Where the operator takes payments for calls (x402): paying there opens the next channel of the same key. */
  deposit: z.looseObject({ payTo: addressSchema, amount: decimalSchema(256), asset: addressSchema }).exactOptional(),
});

/**
 * What a program needs to go on after a 402: which token to top up with how much, and that a new channel follows, because a
 * channel's cap is fixed when it is opened. The holder pays by transaction; prices are binding on chain only.
 */
export type TopUpOffer = z.output<typeof topUpOfferSchema>;

/**
 * Makes the offer. `units` are the base units that are missing; `cost` is ceil(price x units), R2.
 *
 * @example
 * const { DataAnchoringToken: token, ValueChannels: channels } = contracts;
 * const offer = buildTopUpOffer({ chainId: 31337, token, channels, operator, channelId, tokenId, units: 790n, policy });
 */
export function buildTopUpOffer(input: {
  readonly chainId: number;
  readonly token: Address;
  readonly channels: Address;
  readonly operator: Address;
  readonly channelId: Hex;
  readonly tokenId: bigint;
  readonly units: bigint;
  readonly policy: Policy;
}): TopUpOffer {
  const { price } = input.policy;
  const { classId, lot } = splitTokenId(input.tokenId);
  const numerator = BigInt(price?.numerator ?? 0);
  const denominator = BigInt(price?.denominator ?? 1);
  return {
    format: 'kedge-top-up/1',
    chain: `eip155:${input.chainId}`,
    token: input.token,
    channels: input.channels,
    operator: input.operator,
    classId: classId.toString(),
    tokenId: input.tokenId.toString(),
    channelId: input.channelId,
    lot,
    units: input.units.toString(),
    ...(price === undefined
      ? {}
      : { price, cost: ((numerator * input.units + denominator - 1n) / denominator).toString() }),
    steps: ['top-up', 'channel-open'],
  };
}

/**
 * Reads the `offer` of a 402.
 *
 * @throws BaseError `offer_invalid`, which names the offending fields.
 *
 * @example
 * const { tokenId, units } = parseTopUpOffer(JSON.parse(text).offer);
 */
export function parseTopUpOffer(value: unknown): TopUpOffer {
  return parseWith(topUpOfferSchema, value, { what: 'The offer', code: 'offer_invalid' });
}
