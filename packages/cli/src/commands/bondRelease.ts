import { sameBondAsset } from '../chain/bondAsset.js';
import { connect } from '../chain/connect.js';
import { assetOption } from '../chain/readAsset.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanMoment } from '../human.js';
import { textOption } from '../parse.js';

export const bondRelease: Command = {
  name: 'bond release',
  summary: 'ask your bond back, or take it when its time has come',
  description:
    'The first time it asks the bond back and says from when it may be taken: a week after what was promised, or after ' +
    'now. The second time, after that, it pays it out. Until then it can be slashed.',
  arguments: [],
  options: [{ flags: '--asset <address>', summary: 'ERC-20 token; without it ETH' }, ...accountOptions],
  examples: [{ command: 'kedge bond release', summary: 'the bond in ETH' }],
  run: async (context) => {
    const connection = await connect(context);
    const asset = await assetOption(connection, textOption(context, 'asset'));
    const { signer, write } = await resolveWriter(context, connection, 'operator');
    const operator = signer.account.address;
    const terms = { asset: asset.address };
    const bond = await connection.client.getBond({ operator, ...terms });
    if (bond.releaseAt === undefined) {
      const { releaseAt, transactionHash } = await write('ask the bond back', (client) => client.startUnbonding(terms));
      context.output.result({ operator, ...terms, released: false, releaseAt, transactionHash }, () => [
        `${humanAmount(bond.amount, asset.decimals)} ${asset.name} may be taken after ${humanMoment(releaseAt)}`,
        `next, after that: kedge bond release${sameBondAsset(context)}`,
      ]);
      return;
    }
    const { amount, transactionHash } = await write('release the bond', (client) => client.releaseBond(terms));
    context.output.result({ operator, ...terms, released: true, amount, transactionHash }, () => [
      `${humanAmount(amount, asset.decimals)} ${asset.name} were paid to ${signer.label}`,
    ]);
  },
};
