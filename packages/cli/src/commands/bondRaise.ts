import { bondAssetOf, bondAssetOption, sameBondAsset } from '../chain/bondAsset.js';
import { connect } from '../chain/connect.js';
import { readChannel } from '../chain/readChannels.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount } from '../human.js';
import { argument, parseChannelId } from '../parse.js';

export const bondRaise: Command = {
  name: 'bond raise',
  summary: 'claim what was captured from a channel after its operator was proven',
  description:
    'A proven fraud pays the holder of the channel at most what was captured when it was proven, and an operator may prove ' +
    'itself before it captures. Anyone may raise the claim to what is captured now: while the window of the proof is open ' +
    'it grows, so come back before it ends; after it, half of what is left of the bond is taken, too, and you are the ' +
    'reporter. No receipts are needed.',
  arguments: [{ name: 'channelId', summary: 'the channel of the proof' }],
  options: [bondAssetOption, ...accountOptions],
  examples: [
    {
      command: 'kedge bond raise 0x433d1369398457eb703ec53640472a9fb1c75f8372d88fba0840ebc1d70ba450',
      summary: 'with the id that kedge prove-fraud printed',
    },
  ],
  run: async (context) => {
    const channelId = parseChannelId(argument(context, 0));
    const connection = await connect(context);
    const channel = await readChannel(connection, channelId);
    const asset = await bondAssetOf(context, connection, channel);
    const { write } = await resolveWriter(context, connection, 'consumer');
    const terms = { channel, asset: asset.address };
    const { window, backing, transactionHash } = await write('raise the claim', (client) => client.raiseClaim(terms));
    context.output.result({ channelId, asset: asset.address, window, backing, transactionHash }, () => [
      `holder  at most ${humanAmount(backing, asset.decimals)} ${asset.name}, in window ${window}`,
      `next, after that: kedge bond pay ${channelId}${sameBondAsset(context)}`,
    ]);
  },
};
