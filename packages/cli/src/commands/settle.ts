import { connect } from '../chain/connect.js';
import { assetOption } from '../chain/readAsset.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount } from '../human.js';
import { argument, parseAmount, parseInteger, textOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const settle: Command = {
  name: 'settle',
  summary: 'add revenue to a class',
  description:
    'Pays revenue to a class that did not come from units, for example a licence fee. It is divided among the active ' +
    'shares at once, after the part of the parents. Refused while the class has no active share.',
  arguments: [{ name: 'classId', summary: 'the class' }],
  options: [
    { flags: '--amount <amount>', summary: 'how much, for example 0.5' },
    { flags: '--asset <address>', summary: 'ERC-20 token; without it ETH' },
    ...accountOptions,
  ],
  examples: [{ command: 'kedge settle 1 --amount 0.5', summary: 'half an ETH for the holders of class 1' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const amountText = textOption(context, 'amount');
    if (amountText === undefined)
      throw usageError('No amount is named.', `Pass --amount: kedge settle ${classId} --amount 0.5`);
    const connection = await connect(context);
    const asset = await assetOption(connection, textOption(context, 'asset'));
    const amount = parseAmount(amountText, asset.decimals, '--amount');
    const { signer, write } = await resolveWriter(context, connection, 'operator');
    const terms = { classId, amount, asset: asset.address };
    const settled = await write('settle', (client) => client.settleRevenue(terms));
    const { transactionHash } = settled;
    context.output.result({ classId, asset: asset.address, amount: settled.amount, transactionHash }, () => [
      `${humanAmount(settled.amount, asset.decimals)} ${asset.name} became revenue of class ${classId}, paid by ${signer.label}`,
      'next, as a holder: kedge claim',
    ]);
  },
};
