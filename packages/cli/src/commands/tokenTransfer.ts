import { recipientOf } from '../accounts/recipient.js';
import { readAssets } from '../chain/readAssets.js';
import { readOwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount } from '../human.js';
import { argument } from '../parse.js';

export const tokenTransfer: Command = {
  name: 'token transfer',
  summary: 'give a token that you hold to another account',
  description:
    'Gives the whole token away: its value, its share, and what comes back from its channels. What it earned until now is ' +
    'paid to you in the same transaction, in every asset, unless --with-revenue leaves it to the new holder.',
  arguments: [
    { name: 'tokenId', summary: 'the token' },
    { name: 'to', summary: 'who gets it: an address, or a role on the local chain' },
  ],
  options: [
    { flags: '--with-revenue', summary: 'what it earned and was not claimed goes along with it' },
    ...accountOptions,
  ],
  examples: [{ command: 'kedge token transfer 18446744078004518913 consumer', summary: 'the first token of class 1' }],
  run: async (context) => {
    const { connection, token, unitDecimals, signer, write } = await readOwnToken(context);
    const { tokenId } = token;
    const to = recipientOf(argument(context, 1), connection.chainId, 'to');
    const assets = context.options['withRevenue'] === true ? [] : await readAssets(connection);
    const { pending } = await connection.client.getResale({ tokenId, assets: assets.map(({ address }) => address) });
    const earned = assets.filter((_, i) => pending[i]! > 0n);
    const claim = earned.map(({ address }) => address);
    const { claimed, transactionHash } = await write('transfer the token', (client) =>
      client.transferToken({ tokenId, to, claim }),
    );
    const paid = earned.map(({ address, symbol, decimals }, i) => ({
      asset: address,
      amount: claimed[i]!,
      text: `${humanAmount(claimed[i]!, decimals)} ${symbol}`,
    }));
    const result = { tokenId, to, paid: paid.map(({ asset, amount }) => ({ asset, amount })), transactionHash };
    context.output.result(result, () => [
      `token ${tokenId} belongs to ${to} now`,
      `  value  ${humanAmount(token.value, unitDecimals)} units, share of weight ${token.shareRatio}`,
      ...paid.map(({ text }) => `  paid   ${text} to ${signer.label}, which it had earned`),
    ]);
  },
};
