import { readOwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import { confirm, yesOption } from '../confirm.js';

export const tokenRetire: Command = {
  name: 'token retire',
  summary: 'end the share of a token that you hold',
  description:
    'Ends the share of a token that you hold, for ever. It earns nothing from now on, and what it earned before stays ' +
    'claimable. Asks before it does.',
  arguments: [{ name: 'tokenId', summary: 'the token' }],
  options: [yesOption, ...accountOptions],
  examples: [
    { command: 'kedge token retire 18446744078004518913', summary: 'the share of the first token of class 1' },
  ],
  run: async (context) => {
    const { token, signer, write } = await readOwnToken(context);
    const { tokenId, classId, shareRatio } = token;
    await confirm(context, `End the share of token ${tokenId} in class ${classId}, of weight ${shareRatio}`);
    const retired = await write('retire the share', (client) => client.retireShare({ tokenId }));
    const { share, totalShare, transactionHash } = retired;
    context.output.result({ tokenId, classId, share, totalShare, transactionHash }, () => [
      `the share of token ${tokenId}, of weight ${share}, has ended`,
      `  weights left in class ${classId}  ${totalShare}`,
      `  signed by ${signer.label}`,
    ]);
  },
};
