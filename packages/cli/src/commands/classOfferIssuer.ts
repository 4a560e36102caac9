import { recipientOf } from '../accounts/recipient.js';
import { readOwnClass } from '../chain/readOwnClass.js';
import { accountOptions, type Command } from '../command.js';
import { usageError } from '../usageError.js';

export const classOfferIssuer: Command = {
  name: 'class offer-issuer',
  summary: 'offer the issuer role of your class to another account',
  description:
    'Offers the issuer role of a class, the first of two steps: it stays yours until the other account accepts it with kedge ' +
    'class accept-issuer. A later offer takes the place of an earlier one. Shares, tokens and revenue do not move.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'account', summary: 'an address, or a role on the local chain', optional: true },
  ],
  options: [{ flags: '--withdraw', summary: 'take back the offer that there is' }, ...accountOptions],
  examples: [
    {
      command: 'kedge class offer-issuer 1 0x90F79bf6EB2c4f870365E785982E1f101E93b906',
      summary: 'to the timelock of a collective, for example',
    },
    { command: 'kedge class offer-issuer 1 --withdraw', summary: 'to nobody any more' },
  ],
  run: async (context) => {
    const named = context.arguments[1];
    const isWithdrawn = context.options['withdraw'] === true;
    if ((named === undefined) !== isWithdrawn) {
      throw usageError('Either an account is offered the role, or the offer is withdrawn.', 'Name one of the two.');
    }
    const { connection, classId, found, signer, write } = await readOwnClass(context);
    const to = named === undefined ? undefined : recipientOf(named, connection.chainId, 'account');
    const { transactionHash } = await write('offer the issuer role', (client) =>
      client.offerIssuer({ classId, ...(to === undefined ? {} : { to }) }),
    );
    context.output.result({ classId, issuer: found.issuer, pendingIssuer: to ?? null, transactionHash }, () =>
      to === undefined
        ? [`the issuer role of class ${classId} is offered to nobody; it stays with ${signer.label}`]
        : [
            `the issuer role of class ${classId} is offered to ${to}`,
            `  until then  ${signer.label}`,
            `next, as that account: kedge class accept-issuer ${classId}`,
          ],
    );
  },
};
