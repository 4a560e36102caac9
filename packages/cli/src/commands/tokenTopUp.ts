import { isBackedLot, zeroAddress } from '@kedge/core';
import { afterDone } from '../chain/afterDone.js';
import { connect } from '../chain/connect.js';
import { readAsset } from '../chain/readAsset.js';
import { readOffer } from '../chain/readOffer.js';
import { requireOffer } from '../chain/requireOffer.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanUnits } from '../human.js';
import { argument, parseAmount, parseInteger, parsedOption } from '../parse.js';

export const tokenTopUp: Command = {
  name: 'token top-up',
  summary: 'add units to a token that you hold, at the price of its lot',
  description:
    'Adds units to a token on the terms of its lot, as long as the policy of the lot is the current one. Units that the ' +
    'market or a plan sells are bought and moved to the token, which takes two transactions and leaves an empty token ' +
    'behind; they expire with the token. A token without backing is topped up by the issuer of its class, for nothing.',
  arguments: [
    { name: 'tokenId', summary: 'the token' },
    { name: 'units', summary: 'how many units, for example 1000' },
  ],
  options: [
    {
      flags: '--max-cost <amount>',
      summary: 'the most to pay, in the asset of the lot; without it the price as it is now',
    },
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge token top-up 46116860188568846337 500',
      summary: 'five hundred more units for the first token of lot 1 of class 2',
    },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const connection = await connect(context);
    const { client } = connection;
    const { classId, lot, holder } = await client.getToken({ tokenId });
    const { unitDecimals, issuer } = await client.getClass({ classId });
    const units = parseAmount(argument(context, 1), unitDecimals, 'units', 64);
    const { signer, write } = await resolveWriter(context, connection, isBackedLot(lot) ? holder : issuer);
    const offered = isBackedLot(lot) ? await readOffer(connection, { classId, lot }) : undefined;
    const asset = await readAsset(connection, offered?.asset ?? zeroAddress);
    const maxCost = parsedOption(context, 'maxCost', (text, flag) => parseAmount(text, asset.decimals, flag));
    if (offered !== undefined) requireOffer(offered, { units, maxCost, unitDecimals, asset });
    const limit = maxCost === undefined ? {} : { maxCost };
    const { cost, transactionHash } = await write('top up', (writer) => writer.topUp({ tokenId, units, ...limit }));
    const { value } = await afterDone(
      client.getToken({ tokenId }),
      { tokenId, transactionHash },
      'The units are bought, and in this token: do not buy them again.',
    );
    context.output.result({ tokenId, units, value, cost, asset: asset.address, transactionHash }, () => [
      `token ${tokenId} has ${humanUnits(value, unitDecimals)}: ${humanAmount(units, unitDecimals)} more`,
      `  paid  ${humanAmount(cost, asset.decimals)} ${asset.name} by ${signer.label}`,
    ]);
  },
};
