import { resolveAccount } from '../accounts/resolveAccount.js';
import { connect } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { lotIdOf } from '../chain/lotNumber.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger } from '../parse.js';

export const lotClose: Command = {
  name: 'lot close',
  summary: 'take a lot off sale',
  description:
    'Ends the sale of a lot of a class that you issue. What was bought from it keeps its price, its rates and its refunds. ' +
    'kedge lot create puts units on sale again, in a new lot.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'lot', summary: 'number of the lot, from 1' },
  ],
  options: accountOptions,
  examples: [{ command: 'kedge lot close 2 1', summary: 'the first lot of class 2' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const number = Number(parseInteger(argument(context, 1), 'lot'));
    const lot = lotIdOf(number);
    const connection = await connect(context);
    const { issuer } = await connection.client.getClass({ classId });
    const signer = await resolveAccount(context, connection.chainId, issuer);
    const { write } = createWriter(context, connection, signer);
    const { transactionHash } = await write('take the lot off sale', (client) => client.closeListing({ classId, lot }));
    context.output.result({ classId, lot: number, listed: false, transactionHash }, () => [
      `lot ${number} of class ${classId} is off sale, by ${signer.label}`,
    ]);
  },
};
