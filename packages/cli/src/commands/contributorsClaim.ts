import { isSameAddress, type Address, type Hex } from '@kedge/core';
import { connect } from '../chain/connect.js';
import { readContributorEpochs, readContributorsFile } from '../chain/contributors.js';
import { doEach, sayUndone } from '../chain/doEach.js';
import { notAllPaid } from '../chain/notAllPaid.js';
import { gasOfPayments } from '../chain/payableAssets.js';
import { assetOption, type Asset } from '../chain/readAsset.js';
import { assetsIn, readClassAssets } from '../chain/readAssets.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount } from '../human.js';
import { argument, listOption, parseAddress, parseInteger, parsedOption, textOption } from '../parse.js';

type Paid = {
  readonly epoch: number;
  readonly index: number;
  readonly asset: Asset;
  readonly amount: bigint;
  readonly transactionHash: Hex;
};

export const contributorsClaim: Command = {
  name: 'contributors claim',
  summary: 'pay a contributor of a committed token what it earned',
  description:
    'Brings in what the token has earned, and pays a contributor its part under every list that it is in, in every asset. ' +
    'Anyone may pay a contributor. Proofs are made from the lists in the content store, or from files. Claiming twice ' +
    'pays once.',
  arguments: [{ name: 'tokenId', summary: 'the committed token' }],
  options: [
    { flags: '--for <address>', summary: 'which contributor; without it you' },
    {
      flags: '--file <file>',
      summary: 'a list that the content store does not have',
      repeatable: true,
    },
    {
      flags: '--asset <address>',
      summary: 'only this asset (ETH or an ERC-20 token); without it all but those whose transfers take very much gas',
    },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge contributors claim 18446744077839630337 --account consumer', summary: 'what is due to consumer' },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const connection = await connect(context);
    const given = await Promise.all(listOption(context, 'file').map((file) => readContributorsFile(context.cwd, file)));
    // Says what is wrong with a token that is not committed.
    const [{ classId }] = await Promise.all([
      connection.client.getToken({ tokenId }),
      connection.client.getContributors({ tokenId }),
    ]);
    const { signer, write } = await resolveWriter(context, connection, 'contributor');
    const account = parsedOption(context, 'for', parseAddress) ?? signer.account.address;
    const { epochs, missing } = await readContributorEpochs(connection, tokenId, given);
    if (epochs.length === 0 && missing[0] !== undefined) throw missing[0];
    const assetText = textOption(context, 'asset');
    const assets =
      assetText === undefined
        ? await assetsIn(connection, (await readClassAssets(connection, [classId])).values())
        : [await assetOption(connection, assetText)];
    // What is named is paid at any price.
    const mostGas = assetText === undefined ? gasOfPayments(1) : undefined;
    const { done: paid, undone: unpaid } = await doEach(assets, async function* (asset): AsyncGenerator<Paid> {
      const inAsset = { tokenId, asset: asset.address };
      const { pendingRevenue } = await connection.client.getToken(inAsset);
      if (pendingRevenue > 0n) await write('settle', (client) => client.settleContributors(inAsset), mostGas);
      for (const { epoch, contributors, tree } of epochs) {
        for (const [index, contributor] of contributors.entries()) {
          if (!isSameAddress(contributor.account, account)) continue;
          const part = { ...inAsset, epoch, leaf: tree.proofOf(index) };
          const { claimable } = await connection.client.getContribution(part);
          if (claimable === 0n) continue;
          const { amount, transactionHash } = await write('claim', (client) => client.claimContribution(part), mostGas);
          yield { epoch, index, asset, amount, transactionHash };
        }
      }
    });
    const written = {
      tokenId,
      account,
      paid: paid.map((payment) => ({ ...payment, asset: payment.asset.address })),
      unpaid: unpaid.map(({ item, error }) => ({ asset: item.address, reason: error.shortMessage })),
      missing: missing.map(({ values }) => values['epoch']),
    };
    const none = unpaid.length === 0 ? `nothing to claim for ${account}` : `nothing was paid to ${account}`;
    context.output.result(written, () =>
      paid.length === 0 ? none : paid.map((payment) => describe(payment, account)),
    );
    return sayUndone(context, [...unpaid.map(notAllPaid), ...missing]);
  },
};

function describe({ epoch, asset, amount }: Paid, account: Address): string {
  return `${humanAmount(amount, asset.decimals)} ${asset.name}  as a contributor of list ${epoch} to ${account}`;
}
