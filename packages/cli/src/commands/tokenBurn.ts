import { isBackedLot } from '@kedge/core';
import { readAnyAsset } from '../chain/readAsset.js';
import { readOwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import { confirm, yesOption } from '../confirm.js';
import { humanAmount, humanUnits } from '../human.js';
import { argument, parseAmount } from '../parse.js';

export const tokenBurn: Command = {
  name: 'token burn',
  summary: 'destroy units of a token that you hold',
  description:
    'Destroys units of a token that you hold, for ever. What was paid for them becomes revenue of the class; a refund ' +
    'is another thing. Asks before it does.',
  arguments: [
    { name: 'tokenId', summary: 'the token' },
    { name: 'units', summary: 'how many units, for example 10' },
  ],
  options: [yesOption, ...accountOptions],
  examples: [{ command: 'kedge token burn 46116860188568846337 10', summary: 'ten units' }],
  run: async (context) => {
    const { connection, token, unitDecimals, signer, write } = await readOwnToken(context);
    const { tokenId, classId, lot } = token;
    const units = parseAmount(argument(context, 1), unitDecimals, 'units', 64);
    await confirm(
      context,
      `Destroy ${humanUnits(units, unitDecimals)} of the ${humanAmount(token.value, unitDecimals)} that token ${tokenId} has`,
    );
    const { revenue, transactionHash } = await write('burn the units', (client) =>
      client.burnValue({ tokenId, units }),
    );
    const value = token.value - units;
    const asset = isBackedLot(lot)
      ? await readAnyAsset(connection, (await connection.client.getLot({ classId, lot })).asset)
      : undefined;
    context.output.result({ tokenId, units, value, revenue, asset: asset?.address, transactionHash }, () => [
      `token ${tokenId} has ${humanUnits(value, unitDecimals)}: ${humanAmount(units, unitDecimals)} less`,
      ...(asset === undefined
        ? []
        : [`  revenue of class ${classId}  ${humanAmount(revenue, asset.decimals)} ${asset.name}`]),
      `  signed by ${signer.label}`,
    ]);
  },
};
