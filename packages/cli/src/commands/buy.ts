import { recipientOf } from '../accounts/recipient.js';
import { BaseError } from '@kedge/core';
import { afterDone } from '../chain/afterDone.js';
import { connect, type Connection } from '../chain/connect.js';
import { readAsset } from '../chain/readAsset.js';
import { isSoldNow, readOffer, type Offer, type PlansRead } from '../chain/readOffer.js';
import { requireOffer } from '../chain/requireOffer.js';
import { lotIdOf, lotNumberOf } from '../chain/lotNumber.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanMoment, humanUnits } from '../human.js';
import { argument, parseAmount, parseInteger, parsedOption } from '../parse.js';

export const buy: Command = {
  name: 'buy',
  summary: 'buy value of a class from a backed lot',
  description:
    'Buys units of a class at the fixed price of a lot and gets a token that holds them. The payment stays in escrow ' +
    'and is released as the units are used; whether the rest is refundable is a term of the lot.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'units', summary: 'how many units, for example 1000' },
  ],
  options: [
    { flags: '--lot <n>', summary: 'which lot, from 1; without it the newest that is on sale' },
    {
      flags: '--to <address>',
      summary: 'who gets the token: an address, or a role on the local chain; without it you',
    },
    {
      flags: '--max-cost <amount>',
      summary: 'the most to pay, in the asset of the lot; without it the price as it is now',
    },
    ...accountOptions,
  ],
  examples: [{ command: 'kedge buy 2 1000', summary: 'a thousand units of class 2' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const connection = await connect(context);
    const { unitDecimals, lotCount, policy } = await connection.client.getClass({ classId });
    const units = parseAmount(argument(context, 1), unitDecimals, 'units', 64);
    const named = parsedOption(context, 'lot', parseInteger);
    const offered =
      named === undefined
        ? await newestOnSale(connection, { classId, lotCount, policyVersion: policy.version })
        : await readOffer(connection, { classId, lot: lotIdOf(Number(named)) });
    const { lot, asset: assetAddress, refundable, expiredToClass } = offered;
    const asset = await readAsset(connection, assetAddress);
    const maxCost = parsedOption(context, 'maxCost', (text, flag) => parseAmount(text, asset.decimals, flag));
    const to = parsedOption(context, 'to', (text, flag) => recipientOf(text, connection.chainId, flag));
    const { signer, write } = await resolveWriter(context, connection, 'consumer');
    const terms = {
      classId,
      lot,
      units,
      ...(to === undefined ? {} : { to }),
      ...(maxCost === undefined ? {} : { maxCost }),
    };
    requireOffer(offered, { units, maxCost, unitDecimals, asset });
    const { tokenId, cost, transactionHash } = await write('buy', (client) => client.buyValue(terms));
    // A subscription's expiry is known only now.
    const { expireAt } = await afterDone(
      connection.client.getToken({ tokenId }),
      { tokenId, transactionHash },
      'The units are bought, and in this token: do not buy them again.',
    );
    context.output.result(
      {
        tokenId,
        classId,
        lot: lotNumberOf(lot),
        units,
        cost,
        asset: assetAddress,
        expireAt,
        transactionHash,
      },
      () => [
        `token ${tokenId}: ${humanUnits(units, unitDecimals)} of class ${classId}`,
        `  paid     ${humanAmount(cost, asset.decimals)} ${asset.name} by ${signer.label}`,
        `  expires  ${humanMoment(expireAt)}`,
        `  refund   ${refundText({ tokenId, refundable, expiredToClass, expireAt })}`,
        `next${to === undefined ? '' : `, as ${to}`}: kedge channel open ${tokenId}`,
      ],
    );
  },
};

function refundText(terms: {
  readonly tokenId: bigint;
  readonly refundable: boolean;
  readonly expiredToClass: boolean;
  readonly expireAt: bigint;
}): string {
  const command = `what is not used, at the same price: kedge token refund ${terms.tokenId}`;
  if (terms.refundable) return command;
  return terms.expireAt === 0n || terms.expiredToClass ? 'none' : `after expiry ${command}`;
}

type OfClass = { readonly classId: bigint; readonly lotCount: number; readonly policyVersion: number };

/** The newest that sells something now; where none does, the newest of which it can be said why. */
async function newestOnSale(connection: Connection, { classId, lotCount, policyVersion }: OfClass): Promise<Offer> {
  const plans: PlansRead = new Map();
  let listed: Offer | undefined;
  for (let number = lotCount; number > 0; number--) {
    const lot = await readOffer(connection, { classId, lot: lotIdOf(number) }, plans);
    // Nothing is sold of a lot of an earlier policy, whether or not its listing was closed.
    if (!lot.listing.open || lot.policyVersion !== policyVersion) continue;
    if (isSoldNow(lot)) return lot;
    listed ??= lot;
  }
  if (listed !== undefined) return listed;
  throw new BaseError(`Class ${classId} has nothing on sale.`, {
    code: 'nothing_on_sale',
    values: { lots: lotCount },
    hints: [
      `Its issuer puts value on sale with: kedge lot create ${classId} <units>`,
      `Where its policy names no price, its issuer first publishes one that does: kedge policy publish ${classId} <file>`,
      'See what else is on sale: kedge status',
    ],
  });
}
