import { readOwnClass } from '../chain/readOwnClass.js';
import { readPolicyOfToken } from '../chain/readPolicy.js';
import { operatorBpsOf, sellUnits } from '../chain/sellUnits.js';
import { accountOptions, policyOption, type Command } from '../command.js';
import { usageError } from '../usageError.js';
import { argument, parseAmount } from '../parse.js';

export const lotCreate: Command = {
  name: 'lot create',
  summary: 'put units of a class on sale, at the price in its current policy',
  description:
    'Makes a lot under the current policy of a class that you issue, and puts it on sale at the market. What is bought ' +
    'from it keeps the rates and the price of that policy.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'units', summary: 'how many are on sale' },
  ],
  options: [
    { flags: '--operator-bps <bps>', summary: "the operator's cut of what is used, in basis points", default: '2000' },
    {
      flags: '--no-refunds',
      summary:
        "unspent units are refunded when they expire, not before; the operator's cut comes back all the same to a buyer " +
        'who opens a channel to itself, so keep it small',
    },
    policyOption,
    ...accountOptions,
  ],
  examples: [{ command: 'kedge lot create 2 1000000', summary: 'a million units, after a new policy was published' }],
  run: async (context) => {
    const units = argument(context, 1);
    const operatorBps = operatorBpsOf(context);
    const refundable = context.options['refunds'] !== false;
    const { connection, classId, found, write } = await readOwnClass(context);
    const { policy: current } = found;
    const policy = await readPolicyOfToken(context, connection, { classId, policy: current });
    const supply = parseAmount(units, policy.unit.decimals, 'units', 64);
    if (supply === 0n) throw usageError('A lot without units sells nothing.', 'Name more than 0.');
    const tenUnits = parseAmount('10', policy.unit.decimals, 'units');
    const { lot } = await sellUnits(write, { classId, supply, policy, operatorBps, refundable });
    context.output.result({ classId, lot, supply, policyVersion: current.version, operatorBps, refundable }, () => [
      `${units} units of class ${classId} are on sale in lot ${lot}, under policy version ${current.version}`,
      `next, as a buyer: kedge buy ${classId} ${supply < tenUnits ? units : 10}`,
    ]);
  },
};
