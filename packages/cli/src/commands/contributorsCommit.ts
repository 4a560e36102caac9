import { connect } from '../chain/connect.js';
import { readContributorsFile, storeContributors } from '../chain/contributors.js';
import { claimableAssets, gasAfterPayments, stuckInJson } from '../chain/payableAssets.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { confirm, yesOption } from '../confirm.js';
import { humanCount } from '../human.js';
import { argument, parseInteger } from '../parse.js';

export const contributorsCommit: Command = {
  name: 'contributors commit',
  summary: 'give all that a share token will earn to a list of contributors, for ever',
  description:
    'Commits a token that you hold to a list of contributors. It cannot be undone: a vault owns the token from then on, ' +
    'and its revenue goes to the contributors only, each by its weight. You keep the right to set later lists. What the ' +
    'token earned before is paid to you first. The list goes into the content store; every contributor needs it to claim. ' +
    'Asks before it does.',
  arguments: [
    { name: 'tokenId', summary: 'a token with a share, which has not expired and is not about to be revoked' },
    { name: 'file', summary: 'a line for each contributor, an address and a weight; or the JSON of the content store' },
  ],
  options: [yesOption, ...accountOptions],
  examples: [
    {
      command: 'kedge contributors commit 18446744077839630337 contributors.txt',
      summary: 'with lines such as: 0x90F79bf6EB2c4f870365E785982E1f101E93b906 3',
    },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const contributors = await readContributorsFile(context.cwd, argument(context, 1));
    const connection = await connect(context);
    const token = await connection.client.getToken({ tokenId });
    const { signer, write } = await resolveWriter(context, connection, token.holder);
    const count = humanCount(contributors.length, 'contributor');
    await confirm(context, `Give all that token ${tokenId} will earn to ${count}`);
    const { payable, stuck } = await claimableAssets(connection, token);
    const cid = await storeContributors(connection.dataDir, contributors);
    const terms = { tokenId, contributors, cid, assets: payable.map(({ address }) => address) };
    const committed = await write(
      'commit the token',
      (client) => client.commitContributors(terms),
      gasAfterPayments(payable.length),
    );
    const { vault, root, totalWeight, transactionHash } = committed;
    context.output.result(
      {
        tokenId,
        vault,
        root,
        totalWeight,
        contributors: contributors.length,
        cid,
        stuck: stuckInJson(stuck),
        transactionHash,
      },
      () => [
        `token ${tokenId} belongs to its ${count} now`,
        `  vault   ${vault}`,
        `  root    ${root}, of weight ${totalWeight}`,
        `  list    ${cid} in the content store`,
        ...stuck.map(
          ({ address }) => `  what it earned in ${address} is left to them, for that asset does not pay it out`,
        ),
        `  signed by ${signer.label}`,
        `next, as a contributor: kedge contributors claim ${tokenId}`,
      ],
    );
  },
};
