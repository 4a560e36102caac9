import { connect } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanMoment } from '../human.js';
import { argument, parseInteger } from '../parse.js';

export const contributorsAppeal: Command = {
  name: 'contributors appeal',
  summary: 'object to the revocation of a committed token',
  description:
    'As kedge token appeal, by whoever sets the lists of a committed token: the window begins anew, once, and the ' +
    'statement is on chain for everybody to read.',
  arguments: [
    { name: 'tokenId', summary: 'the token that was committed' },
    { name: 'statement', summary: 'text or URI' },
  ],
  options: accountOptions,
  examples: [
    { command: 'kedge contributors appeal 18446744077839630337 "that was not us"', summary: 'in your own words' },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const statement = argument(context, 1);
    const connection = await connect(context);
    const { controller } = await connection.client.getContributors({ tokenId });
    const { signer, write } = await resolveWriter(context, connection, controller ?? 'contributor');
    const { effectiveAt, transactionHash } = await write('appeal', (client) =>
      client.appealContributorRevocation({ tokenId, statement }),
    );
    context.output.result({ tokenId, effectiveAt, transactionHash }, () => [
      `the share of token ${tokenId} cannot be revoked before ${humanMoment(effectiveAt)}`,
      `  signed by ${signer.label}`,
    ]);
  },
};
