import { BaseError, isBackedLot, isSameAddress, splitTokenId, zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { payInto } from '../payInto.js';
import { reading } from '../reading.js';
import { sentOf } from '../writeContract.js';
import { buyValue } from './buyValue.js';
import { getLot } from './getLot.js';
import { getPlan } from './getPlan.js';
import { merge } from './merge.js';

export type TopUpParameters = {
  readonly tokenId: bigint;
  /** Base units. */
  readonly units: bigint;
  /** Smallest units of the lot's asset. Default: the price as it is now. */
  readonly maxCost?: bigint;
};

export type TopUpReturn = Sent & {
  /** Smallest units of the asset; 0 for an unbacked token. */
  readonly cost: bigint;
  readonly asset: Address;
};

/**
 * Adds units to a token, on the terms of its lot. A token of a lot that the market or a plan sells is topped up by its
 * holder, who buys the units and moves them to it: two transactions, and an empty token that stays. The units expire with
 * the token, however long a plan would have let them live. Every other token is topped up by the seller of its lot, or,
 * unbacked, by the issuer.
 *
 * @throws BaseError `top_up_not_holder`, `top_up_outlives` for a token that lives longer than what is sold now;
 * `DATNotToppedUpBy`, `DATLotSuperseded`, `ERC8028Expired`, and those of `buyValue`.
 *
 * @example
 * const { cost } = await topUp(client, { tokenId, units: 1_000_000n });
 */
export async function topUp(client: WriteClient, parameters: TopUpParameters): Promise<TopUpReturn> {
  const { tokenId, units } = parameters;
  const { classId, lot } = splitTokenId(tokenId);
  if (!isBackedLot(lot)) return topUpDirect(client, parameters, zeroAddress, 0n);
  const [{ asset, seller, listing }, cost] = await Promise.all([
    getLot(client, { classId, lot }),
    reading(client, 'read the price of the lot', (chain) =>
      chain.readContract({ ...tokenOf(client.deployment), functionName: 'lotCostUp', args: [classId, lot, units] }),
    ),
  ]);
  const { ValueMarket, ValuePlans } = client.deployment.contracts;
  const isPlan = ValuePlans !== undefined && isSameAddress(seller, ValuePlans);
  if (!isPlan && !isSameAddress(seller, ValueMarket)) return topUpDirect(client, parameters, asset, cost);
  const expireAt = isPlan ? await planExpiry(client, { classId, lot }) : listing.expireAt;
  await requireMergeable(client, tokenId, expireAt);
  const bought = await buyValue(client, { classId, lot, units, maxCost: parameters.maxCost ?? cost });
  const moved = await merge(client, { fromTokenIds: [bought.tokenId], toTokenId: tokenId }).catch((error: unknown) => {
    throw leftBehind(error, bought.tokenId, tokenId);
  });
  return { ...moved, cost: bought.cost, asset };
}

/** When what is bought now would expire; 0: never. */
async function planExpiry(
  client: WriteClient,
  lot: { readonly classId: bigint; readonly lot: number },
): Promise<bigint> {
  const [{ duration, expireAt }, { timestamp }] = await Promise.all([
    getPlan(client, lot),
    reading(client, 'read the time of the chain', (chain) => chain.getBlock()),
  ]);
  if (duration === 0) return expireAt;
  const end = timestamp + BigInt(duration);
  return expireAt !== 0n && expireAt < end ? expireAt : end;
}

async function topUpDirect(
  client: WriteClient,
  { tokenId, units, maxCost = 2n ** 256n - 1n }: TopUpParameters,
  asset: Address,
  cost: bigint,
): Promise<TopUpReturn> {
  const token = tokenOf(client.deployment);
  if (cost > maxCost) {
    throw new BaseError('The price is above what the buyer allows.', {
      code: 'top_up_too_expensive',
      values: { cost, maxCost },
      hints: ['Allow a higher cost, or add fewer units.'],
    });
  }
  const receipt = await payInto(
    client,
    'top up the token',
    { asset, amount: cost },
    {
      ...token,
      functionName: 'topUp',
      args: [tokenId, units],
    },
  );
  return { ...sentOf(receipt), cost, asset };
}

/** What the move after the purchase would refuse, found out before anything is paid. */
async function requireMergeable(client: WriteClient, tokenId: bigint, expireAtOfValue: bigint): Promise<void> {
  const token = tokenOf(client.deployment);
  const [holder, expireAt, { timestamp }] = await reading(client, 'read the token', (chain) =>
    Promise.all([
      chain.readContract({ ...token, functionName: 'ownerOf', args: [tokenId] }),
      chain.readContract({ ...token, functionName: 'expireAtOf', args: [tokenId] }),
      chain.getBlock(),
    ]),
  );
  const { address } = client.walletClient.account;
  if (!isSameAddress(holder, address)) {
    throw new BaseError('Only its holder tops up a token with value that is on sale.', {
      code: 'top_up_not_holder',
      values: { tokenId, holder, account: address },
      hints: ['Use the account that holds the token, or buy a token for its holder: buyValue with `to`.'],
    });
  }
  if (expireAt !== 0n && expireAt < timestamp) {
    throw new BaseError('The token has expired, and takes no units any more.', {
      code: 'ERC8028Expired',
      values: { tokenId, expireAt },
      hints: ['Buy a token of its own instead: buyValue.'],
    });
  }
  if (expireAtOfValue !== 0n && (expireAt === 0n || expireAt > expireAtOfValue)) {
    throw new BaseError('What is sold now expires before the token does, and value never comes to live longer.', {
      code: 'top_up_outlives',
      values: { tokenId, expireAt, expireAtOfValue },
      hints: ['Buy a token of its own instead: buyValue.'],
    });
  }
}

/** Who only hears that the move failed buys again. */
function leftBehind(error: unknown, boughtTokenId: bigint, toTokenId: bigint): unknown {
  if (!(error instanceof BaseError)) return error;
  return error.with({
    message: `The units were bought, and are in a token of their own. ${error.shortMessage}`,
    values: { boughtTokenId, toTokenId },
    hints: ['Do not buy again: move them with merge.', ...error.hints],
  });
}
