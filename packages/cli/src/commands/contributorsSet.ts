import { connect } from '../chain/connect.js';
import { readContributorsFile, storeContributors } from '../chain/contributors.js';
import { readAssets } from '../chain/readAssets.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger } from '../parse.js';

export const contributorsSet: Command = {
  name: 'contributors set',
  summary: 'set the next list of contributors of a committed token',
  description:
    'Sets the list that a committed token earns for from now on. What was earned until now stays with the earlier lists: ' +
    'it is settled in every asset that was ever paid in, in the same transaction.',
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
    const assets = (await readAssets(connection)).map(({ address }) => address);
    const cid = await storeContributors(connection.dataDir, contributors);
    const terms = { tokenId, contributors, cid, assets };
    const set = await write('set the contributors', (client) => client.setContributors(terms));
    const { epoch, root, totalWeight, transactionHash } = set;
    context.output.result(
      { tokenId, epoch, root, totalWeight, contributors: contributors.length, cid, transactionHash },
      () => [
        `list ${epoch} of token ${tokenId}: ${contributors.length} contributors of weight ${totalWeight}`,
        `  root    ${root}`,
        `  list    ${cid} in the content store`,
        `  signed by ${signer.label}`,
      ],
    );
  },
};
