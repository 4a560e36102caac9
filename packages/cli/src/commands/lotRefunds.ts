import { lotIdOf, lotNumberOf } from '../chain/lotNumber.js';
import { readOwnClass } from '../chain/readOwnClass.js';
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
    const lot = lotIdOf(Number(parseInteger(argument(context, 1), 'lot')));
    const number = lotNumberOf(lot);
    const { classId, write } = await readOwnClass(context);
    const { transactionHash } = await write('open refunds', (client) => client.openRefunds({ classId, lot }));
    context.output.result({ classId, lot: number, refundable: true, transactionHash }, () => [
      `unspent units of lot ${number} of class ${classId} can be refunded from now on`,
    ]);
  },
};
