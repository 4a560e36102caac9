import { BaseError, zeroAddress } from '@kedge/core';
import { connect } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger } from '../parse.js';

export const classAcceptIssuer: Command = {
  name: 'class accept-issuer',
  summary: 'take over the issuer role of a class that was offered to you',
  description:
    'Accepts the issuer role of a class that its issuer offered to you. From then on you mint its shares, publish its policies ' +
    'and make its lots, and the one before you cannot any more. Whatever was sold, bound or earned before stays as it is.',
  arguments: [{ name: 'classId', summary: 'the class' }],
  options: accountOptions,
  examples: [{ command: 'kedge class accept-issuer 1 --account alice', summary: 'the second of two steps' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const connection = await connect(context);
    const { issuer, pendingIssuer } = await connection.client.getClass({ classId });
    if (pendingIssuer === zeroAddress) {
      throw new BaseError(`The issuer role of class ${classId} is offered to nobody.`, {
        code: 'no_offer',
        values: { classId, issuer },
        hints: [`Its issuer offers it with: kedge class offer-issuer ${classId} <account>`],
      });
    }
    const { signer, write } = await resolveWriter(context, connection, pendingIssuer);
    const { transactionHash } = await write('accept the issuer role', (client) => client.acceptIssuer({ classId }));
    const accepted = { classId, previousIssuer: issuer, issuer: signer.account.address, transactionHash };
    context.output.result(accepted, () => [`class ${classId} is issued by ${signer.label}`, `  before  ${issuer}`]);
  },
};
