import { resolveAccount } from '../accounts/resolveAccount.js';
import { connect } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { lotIdOf } from '../chain/lotNumber.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger } from '../parse.js';

export const lotRefunds: Command = {
  name: 'lot refunds',
  summary: 'let the holders of a lot refund unspent units, whatever its terms say',
  description:
    'Opens refunds of a lot whose terms allow none before expiry: what you owe its holders after you removed an operator ' +
    'or a model that they paid for. It cannot be undone, and takes nothing from anybody.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'lot', summary: 'number of the lot, from 1' },
  ],
  options: accountOptions,
  examples: [{ command: 'kedge lot refunds 2 1', summary: 'the first lot of class 2' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const number = Number(parseInteger(argument(context, 1), 'lot'));
    const lot = lotIdOf(number);
    const connection = await connect(context);
    const { issuer } = await connection.client.getClass({ classId });
    const signer = await resolveAccount(context, connection.chainId, issuer);
    const { write } = createWriter(context, connection, signer);
    const { transactionHash } = await write('open refunds', (client) => client.openRefunds({ classId, lot }));
    context.output.result({ classId, lot: number, refundable: true, transactionHash }, () => [
      `unspent units of lot ${number} of class ${classId} can be refunded from now on`,
    ]);
  },
};
