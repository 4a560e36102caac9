import { isSameAddress } from '@kedge/core';
import { lotIdOf, lotNumberOf } from '../chain/lotNumber.js';
import { readOwnClass } from '../chain/readOwnClass.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger } from '../parse.js';

export const lotClose: Command = {
  name: 'lot close',
  summary: 'take a lot off sale',
  description:
    'Ends the sale of a lot of a class that you issue. What was bought from it keeps its price, its rates and its refunds. ' +
    'Of a schedule the later steps are not sold either from then on. kedge lot create puts units on sale again, in a new lot.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'lot', summary: 'number of the lot, from 1' },
  ],
  options: accountOptions,
  examples: [{ command: 'kedge lot close 2 1', summary: 'the first lot of class 2' }],
  run: async (context) => {
    const lot = lotIdOf(Number(parseInteger(argument(context, 1), 'lot')));
    const number = lotNumberOf(lot);
    const { connection, classId, signer, write } = await readOwnClass(context);
    const { seller } = await connection.client.getLot({ classId, lot });
    const plans = connection.contracts.ValuePlans;
    const isPlan = plans !== undefined && isSameAddress(seller, plans);
    const { transactionHash } = await write('take the lot off sale', (client) =>
      isPlan ? client.closePlan({ classId, lot }) : client.closeListing({ classId, lot }),
    );
    context.output.result({ classId, lot: number, listed: false, transactionHash }, () => [
      `lot ${number} of class ${classId} is off sale, by ${signer.label}`,
    ]);
  },
};
