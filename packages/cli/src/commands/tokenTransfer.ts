import type { Address, Hex } from '@kedge/core';
import { recipientOf } from '../accounts/recipient.js';
import type { Connection } from '../chain/connect.js';
import { claimableAssets, gasAfterPayments, stuckInJson } from '../chain/payableAssets.js';
import { assetOption, type Asset } from '../chain/readAsset.js';
import { readOwnToken, type OwnToken } from '../chain/readOwnToken.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanAmount, humanUnits } from '../human.js';
import { argument, listOption, parseAmount, textOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const tokenTransfer: Command = {
  name: 'token transfer',
  summary: 'give a token that you hold to another account',
  description:
    'Gives the whole token away: its value, its share, and what comes back from its channels. What it earned until now is ' +
    'paid to you in the same transaction, in every asset that pays out, unless --with-revenue leaves it to the new holder. With ' +
    '--min-value or --min-pending nothing happens where less goes along than you agreed to; its revenue then goes along.',
  arguments: [
    { name: 'tokenId', summary: 'the token' },
    { name: 'to', summary: 'who gets it: an address, or a role on the local chain' },
  ],
  options: [
    { flags: '--with-revenue', summary: 'what it earned and was not claimed goes along with it' },
    { flags: '--min-value <units>', summary: 'only if it holds so many units at least, without those in channels' },
    {
      flags: '--min-pending <amount[:asset]>',
      summary: 'only if it brings so much unclaimed revenue at least, in an ERC-20 token or in ETH',
      repeatable: true,
    },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge token transfer 18446744078004518913 consumer', summary: 'the first token of class 1' },
    {
      command: 'kedge token transfer 18446744078004518913 consumer --min-value 100 --min-pending 0.5',
      summary: 'with a hundred units and half an ETH of revenue at least',
    },
  ],
  run: async (context) => {
    const own = await readOwnToken(context);
    const { connection, token, unitDecimals, signer } = own;
    const { tokenId } = token;
    const to = recipientOf(argument(context, 1), connection.chainId, 'to');
    const { paid, stuck, transactionHash } = await move(context, own, to);
    const result = {
      tokenId,
      to,
      paid: paid.map(({ asset, amount }) => ({ asset, amount })),
      stuck: stuckInJson(stuck),
      transactionHash,
    };
    context.output.result(result, () => [
      `token ${tokenId} belongs to ${to} now`,
      `  value  ${humanUnits(token.value, unitDecimals)}, share of weight ${token.shareRatio}`,
      ...paid.map(({ text }) => `  paid   ${text} to ${signer.label}, which it had earned`),
      ...stuck.map(
        ({ address }) => `  what it earned in ${address} is left to them, for that asset does not pay it out`,
      ),
    ]);
  },
};

type Moved = {
  readonly paid: readonly { readonly asset: Address; readonly amount: bigint; readonly text: string }[];
  /** In which it earned something that could not be paid. */
  readonly stuck: readonly Asset[];
  readonly transactionHash: Hex;
};

async function move(context: Context, own: OwnToken, to: Address): Promise<Moved> {
  const { connection, token, unitDecimals, write } = own;
  const { tokenId } = token;
  const least = textOption(context, 'minValue');
  const pending = listOption(context, 'minPending');
  if (least !== undefined || pending.length > 0) {
    const terms = {
      minValue: least === undefined ? 0n : parseAmount(least, unitDecimals, '--min-value', 64),
      minPending: await Promise.all(pending.map((text) => parsePending(connection, text))),
    };
    const { transactionHash } = await write('transfer the token', (client) =>
      client.transferWithTerms({ tokenId, to, from: token.holder, ...terms }),
    );
    return { paid: [], stuck: [], transactionHash };
  }
  const withRevenue = context.options['withRevenue'] === true;
  const { payable, stuck } = withRevenue ? { payable: [], stuck: [] } : await claimableAssets(connection, token);
  const resale = await connection.client.getResale({ tokenId, assets: payable.map(({ address }) => address) });
  const earned = payable.filter((_, i) => resale.pending[i]! > 0n);
  const claim = earned.map(({ address }) => address);
  const { claimed, transactionHash } = await write(
    'transfer the token',
    (client) => client.transferToken({ tokenId, to, claim }),
    gasAfterPayments(claim.length),
  );
  const paid = earned.map(({ address, name, decimals }: Asset, i) => ({
    asset: address,
    amount: claimed[i]!,
    text: `${humanAmount(claimed[i]!, decimals)} ${name}`,
  }));
  return { paid, stuck, transactionHash };
}

async function parsePending(connection: Connection, text: string) {
  const [amount = '', assetText, more] = text.split(':');
  if (more !== undefined) throw usageError(`--min-pending is <amount[:asset]>, not "${text}".`);
  const asset = await assetOption(connection, assetText, '--min-pending');
  return { asset: asset.address, minPending: parseAmount(amount, asset.decimals, '--min-pending') };
}
