import { zeroAddress } from '@kedge/core';
import { recipientOf } from '../accounts/recipient.js';
import { readOwnClass } from '../chain/readOwnClass.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger, parsedOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const classSaleRoyalty: Command = {
  name: 'class sale-royalty',
  summary: 'say what markets are asked to pay when a token of your class is sold on',
  description:
    'Sets what ERC-2981 answers for the tokens of your class: a part of the price, in basis points, and who gets it. Markets ' +
    'may ignore it. The royalties of lineage, which the contract itself pays, are fixed when a class is created.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'bps', summary: 'basis points of the price, 0 to 1000; 0 asks for nothing' },
  ],
  options: [
    { flags: '--to <account>', summary: 'who gets it: an address, or a role on the local chain; default: the issuer' },
    ...accountOptions,
  ],
  examples: [{ command: 'kedge class sale-royalty 1 250', summary: '2.5 % of the price to the issuer' }],
  run: async (context) => {
    const bps = parseInteger(argument(context, 1), 'bps');
    if (bps > 1000n) throw usageError(`${bps} basis points are more than 1000, which is 10 %.`, 'Pass 0 to 1000.');
    const { connection, classId, found, write } = await readOwnClass(context);
    const named = parsedOption(context, 'to', (text, flag) => recipientOf(text, connection.chainId, flag));
    const to = named ?? found.issuer;
    const receiver = bps === 0n ? zeroAddress : to;
    const { transactionHash } = await write('set the royalty of resales', (client) =>
      client.setSaleRoyalty({ classId, receiver, royaltyBps: Number(bps) }),
    );
    context.output.result({ classId, royaltyBps: bps, receiver, transactionHash }, () =>
      bps === 0n
        ? `resales of class ${classId} owe nothing`
        : `resales of class ${classId} owe ${Number(bps) / 100} % to ${receiver}`,
    );
  },
};
