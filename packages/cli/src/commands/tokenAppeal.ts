import { readOwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import { humanMoment } from '../human.js';
import { argument } from '../parse.js';

export const tokenAppeal: Command = {
  name: 'token appeal',
  summary: 'object to the revocation of a token that you hold',
  description:
    'Objects to an announced revocation, once, before its window is over. The window begins anew, and the statement is ' +
    'on chain for everybody to read.',
  arguments: [
    { name: 'tokenId', summary: 'the token' },
    { name: 'statement', summary: 'text or URI' },
  ],
  options: accountOptions,
  examples: [{ command: 'kedge token appeal 18446744078004518913 "that was not me"', summary: 'in your own words' }],
  run: async (context) => {
    const { token, signer, write } = await readOwnToken(context);
    const { tokenId } = token;
    const statement = argument(context, 1);
    const { effectiveAt, transactionHash } = await write('appeal', (client) =>
      client.appealRevocation({ tokenId, statement }),
    );
    context.output.result({ tokenId, effectiveAt, transactionHash }, () => [
      `token ${tokenId} cannot be revoked before ${humanMoment(effectiveAt)}`,
      `  signed by ${signer.label}`,
    ]);
  },
};
