import { BaseError, isBackedLot, isRefundable } from '@kedge/core';
import type { LotView, TokenView } from '@kedge/sdk';
import { recipientOf } from '../accounts/recipient.js';
import type { Connection } from '../chain/connect.js';
import { lotNumberOf } from '../chain/lotNumber.js';
import { readAnyAsset } from '../chain/readAsset.js';
import { readOwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanMoment, humanUnits } from '../human.js';
import { parseAmount, parsedOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const tokenRefund: Command = {
  name: 'token refund',
  summary: 'get your money back for units that you did not use',
  description:
    'Returns units of a token that you hold for what was paid for them, on the terms of its lot: straight from the escrow, and ' +
    'nobody has to agree. Units in a channel are not refunded: close it first. Units that expired are refunded, too, unless ' +
    'the lot gives them to the class.',
  arguments: [
    { name: 'tokenId', summary: 'the token' },
    { name: 'units', summary: 'how many units, for example 10; without it all that are left', optional: true },
  ],
  options: [
    { flags: '--to <account>', summary: 'who is paid: an address, or a role on the local chain; default: you' },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge token refund 46116860188568846337', summary: 'all that is neither spent nor in a channel' },
    { command: 'kedge token refund 46116860188568846337 10', summary: 'ten units' },
  ],
  run: async (context) => {
    const { connection, token, unitDecimals, signer, write } = await readOwnToken(context);
    const { tokenId, classId, value } = token;
    const unitsText = context.arguments[1];
    const units = unitsText === undefined ? value : parseAmount(unitsText, unitDecimals, 'units', 64);
    if (unitsText !== undefined && units === 0n) throw usageError('units must be above 0.');
    const lot = await refundableLot(connection, token);
    if (units === 0n) {
      throw new BaseError(`Token ${tokenId} has no units that could be refunded.`, {
        code: 'nothing_to_refund',
        hints: ['What a channel holds returns to the token when it is closed. See the channels: kedge status'],
      });
    }
    const asset = await readAnyAsset(connection, lot.asset);
    const { numerator, denominator } = lot.price;
    if ((units * numerator) / denominator === 0n) {
      const least = (denominator + numerator - 1n) / numerator;
      throw new BaseError(
        `Nothing is paid for ${humanUnits(units, unitDecimals)} of token ${tokenId}: that is less than the smallest unit of ${asset.name}.`,
        {
          code: 'nothing_to_refund',
          values: { tokenId, units },
          hints: [`Refund ${humanUnits(least, unitDecimals)} at least, at once.`],
        },
      );
    }
    const named = parsedOption(context, 'to', (text, flag) => recipientOf(text, connection.chainId, flag));
    const to = named ?? signer.account.address;
    const { amount, transactionHash } = await write('refund', (client) => client.refund({ tokenId, units, to }));
    const left = value - units;
    context.output.result(
      { tokenId, classId, units, amount, asset: asset.address, to, value: left, transactionHash },
      () => [
        `${humanAmount(amount, asset.decimals)} ${asset.name} for ${humanUnits(units, unitDecimals)} of token ${tokenId}`,
        `  paid to  ${named === undefined ? signer.label : to}`,
        `  left     ${humanUnits(left, unitDecimals)}`,
      ],
    );
  },
};

/** @throws BaseError `not_refundable`, with the term that stands against it and what can be done. */
async function refundableLot({ client }: Connection, { tokenId, classId, lot, expireAt }: TokenView): Promise<LotView> {
  const refuse = (reason: string, hint: string): BaseError =>
    new BaseError(`Token ${tokenId} is not refundable now: ${reason}.`, {
      code: 'not_refundable',
      values: { tokenId, classId, lot: lotNumberOf(lot), expireAt: humanMoment(expireAt) },
      hints: [hint],
    });
  if (!isBackedLot(lot))
    throw refuse('nobody paid for its units', 'What the issuer minted for nothing has no backing.');
  const terms = await client.getLot({ classId, lot });
  const { timestamp } = await client.publicClient.getBlock();
  const isExpired = expireAt !== 0n && expireAt < timestamp;
  if (isRefundable(terms, isExpired)) return terms;
  if (isExpired)
    throw refuse('it expired, and its lot gives what expires to the class', 'Use units before they expire.');
  const opening = `Its issuer can open refunds: kedge lot refunds ${classId} ${lotNumberOf(lot)}`;
  throw refuse(
    'its lot allows no refund before expiry',
    expireAt === 0n || terms.expiredToClass ? opening : `Ask again after ${humanMoment(expireAt)}. ${opening}`,
  );
}
