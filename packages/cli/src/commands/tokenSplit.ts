import type { SplitPart } from '@kedge/sdk';
import { recipientOf } from '../accounts/recipient.js';
import { readOwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import { humanUnits } from '../human.js';
import { listOption, parseAmount, parseInteger } from '../parse.js';
import { usageError } from '../usageError.js';

export const tokenSplit: Command = {
  name: 'token split',
  summary: 'split units and the share of a token off into new tokens',
  description:
    'Makes new tokens of the same lot and expiry out of one that you hold, one for each --part. Units that no part names ' +
    'stay. Weights of a share must sum to the whole share: it ends in the old token, which keeps all that it earned, and ' +
    'goes on in the new ones in the same instant.',
  arguments: [{ name: 'tokenId', summary: 'the token' }],
  options: [
    {
      flags: '--part <units[:weight[:to]]>',
      summary: 'a new token: its units, its weight, and who holds it (an address, or a role on the local chain)',
      repeatable: true,
    },
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge token split 46116860188568846337 --part 100 --part 50:0:consumer',
      summary: 'a hundred units apart, and fifty for somebody else',
    },
    {
      command: 'kedge token split 18446744078004518913 --part 0:700 --part 0:300:consumer',
      summary: 'a share of weight 1000 in two',
    },
  ],
  run: async (context) => {
    const texts = listOption(context, 'part');
    if (texts.length === 0)
      throw usageError('No part is named.', 'Pass --part <units[:weight[:to]]> for each new token.');
    const { connection, token, unitDecimals, signer, write } = await readOwnToken(context);
    const { tokenId } = token;
    const parts = texts.map((text) => parsePart(text, unitDecimals, connection.chainId));
    const { tokenIds, transactionHash } = await write('split the token', (client) => client.split({ tokenId, parts }));
    const made = parts.map(({ units, share, to = signer.account.address }, i) => ({
      tokenId: tokenIds[i]!,
      units,
      share,
      to,
    }));
    context.output.result({ tokenId, parts: made, transactionHash }, () => [
      `token ${tokenId} is split by ${signer.label}`,
      ...made.map(
        ({ tokenId: part, units, share, to }) =>
          `  token ${part}  ${humanUnits(units, unitDecimals)}, weight ${share}, for ${to}`,
      ),
    ]);
  },
};

type Part = Required<Pick<SplitPart, 'units' | 'share'>> & Pick<SplitPart, 'to'>;

function parsePart(text: string, unitDecimals: number, chainId: number): Part {
  const [units = '', share = '0', to, more] = text.split(':');
  if (more !== undefined) throw usageError(`--part is <units[:weight[:to]]>, not "${text}".`);
  return {
    units: parseAmount(units, unitDecimals, '--part', 64),
    share: parseInteger(share, '--part'),
    ...(to === undefined ? {} : { to: recipientOf(to, chainId, 'who gets a --part') }),
  };
}
