import { contributorRootsAbi } from '@kedge/core';
import { connect } from '../chain/connect.js';
import { readContributorsFile, storeContributors } from '../chain/contributors.js';
import { gasAfterPayments, payableAssets, stuckInJson } from '../chain/payableAssets.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanCount } from '../human.js';
import { argument, parseInteger } from '../parse.js';

export const contributorsSet: Command = {
  name: 'contributors set',
  summary: 'set the next list of contributors of a committed token',
  description:
    'Sets the list that a committed token earns for from now on. What was earned until now stays with the earlier lists: ' +
    'it is settled in the same transaction, in every asset that its class was ever paid in and that pays out.',
  arguments: [
    { name: 'tokenId', summary: 'a token that you committed, or that you were given control of' },
    { name: 'file', summary: 'a line for each contributor, an address and a weight; or the JSON of the content store' },
  ],
  options: accountOptions,
  examples: [
    { command: 'kedge contributors set 18446744077839630337 contributors.txt', summary: 'the whole new list' },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const contributors = await readContributorsFile(context.cwd, argument(context, 1));
    const connection = await connect(context);
    const { controller } = await connection.client.getContributors({ tokenId });
    const { signer, write } = await resolveWriter(context, connection, controller ?? 'contributor');
    const { classId } = await connection.client.getToken({ tokenId });
    const { payable, stuck } = await payableAssets(connection, classId, (asset) => ({
      address: connection.contracts.ContributorRoots,
      abi: contributorRootsAbi,
      functionName: 'settle',
      args: [tokenId, asset],
    }));
    const cid = await storeContributors(connection.dataDir, contributors);
    const terms = { tokenId, contributors, cid, assets: payable.map(({ address }) => address) };
    const set = await write(
      'set the contributors',
      (client) => client.setContributors(terms),
      gasAfterPayments(payable.length),
    );
    const { epoch, root, totalWeight, transactionHash } = set;
    context.output.result(
      {
        tokenId,
        epoch,
        root,
        totalWeight,
        contributors: contributors.length,
        cid,
        stuck: stuckInJson(stuck),
        transactionHash,
      },
      () => [
        `list ${epoch} of token ${tokenId}: ${humanCount(contributors.length, 'contributor')} of weight ${totalWeight}`,
        `  root    ${root}`,
        `  list    ${cid} in the content store`,
        ...stuck.map(
          ({ address }) => `  what was earned in ${address} is left to this list, for that asset does not pay it out`,
        ),
        `  signed by ${signer.label}`,
      ],
    );
  },
};
