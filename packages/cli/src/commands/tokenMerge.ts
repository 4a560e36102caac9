import { readOwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanUnits } from '../human.js';
import { parseInteger } from '../parse.js';

export const tokenMerge: Command = {
  name: 'token merge',
  summary: 'move all units of other tokens of the same lot to one',
  description:
    'Moves all units of tokens that you hold to another that you hold. All must be of one lot, and backed units cannot ' +
    'move to a token that expires later than theirs. Shares stay where they are, and so do the emptied tokens.',
  arguments: [
    { name: 'tokenId', summary: 'the token that gets the units' },
    { name: 'fromTokenIds', summary: 'the tokens that give them', variadic: true },
  ],
  options: accountOptions,
  examples: [
    {
      command: 'kedge token merge 46116860188568846337 46116860188568846338',
      summary: 'the second token of a lot into the first',
    },
  ],
  run: async (context) => {
    const { token, unitDecimals, signer, write } = await readOwnToken(context);
    const toTokenId = token.tokenId;
    const fromTokenIds = context.arguments.slice(1).map((text) => parseInteger(text, 'fromTokenIds'));
    const { units, transactionHash } = await write('merge the tokens', (client) =>
      client.merge({ fromTokenIds, toTokenId }),
    );
    const value = token.value + units;
    context.output.result({ tokenId: toTokenId, fromTokenIds, units, value, transactionHash }, () => [
      `token ${toTokenId} has ${humanUnits(value, unitDecimals)}: ${humanAmount(units, unitDecimals)} moved`,
      `  signed by ${signer.label}`,
    ]);
  },
};
