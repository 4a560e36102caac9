import { connect } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanMoment } from '../human.js';
import { argument, parseInteger, parseMoment } from '../parse.js';
import { unixNow } from '../unixNow.js';

export const contributorsRenew: Command = {
  name: 'contributors renew',
  summary: 'take the later expiry that is offered for the share of a committed token',
  description:
    'The issuer offers a renewal with kedge token renew, and anyone takes it for the contributors: the share goes on in a ' +
    'new token of the same vault. Lists, settlements and claims stay under the id of the token that was committed; the ' +
    'next renewal is offered to the new one.',
  arguments: [
    { name: 'tokenId', summary: 'the token that was committed' },
    { name: 'expires', summary: 'the expiry that is offered: 30d, 2027-01-31, Unix seconds' },
  ],
  options: accountOptions,
  examples: [{ command: 'kedge contributors renew 18446744077839630337 2031-01-31', summary: 'as the issuer offered' }],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const expireAt = parseMoment(argument(context, 1), unixNow(), 'expires');
    const connection = await connect(context);
    const { signer, write } = await resolveWriter(context, connection, 'contributor');
    const terms = { tokenId, expireAt };
    const { newTokenId, transactionHash } = await write('renew the share', (client) =>
      client.renewContributorShare(terms),
    );
    context.output.result({ tokenId, newTokenId, expireAt, transactionHash }, () => [
      `the share of token ${tokenId} goes on in token ${newTokenId}, for the same contributors`,
      `  expires  ${humanMoment(expireAt)}`,
      `  signed by ${signer.label}`,
    ]);
  },
};
