import { connect } from '../chain/connect.js';
import { depositOptions, depositTermsOf } from '../chain/depositTermsOf.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount } from '../human.js';

export const depositRefund: Command = {
  name: 'deposit refund',
  summary: 'take back what a deposit address holds',
  description:
    'Pays what is deposited for a channel to its refund address, and nowhere else. The refund address may ask at any time, ' +
    'anyone after the deadline. What was swept is in the channel and is not refunded here.',
  arguments: [{ name: 'channelId', summary: 'the channel' }],
  options: [...depositOptions, ...accountOptions],
  examples: [
    {
      command: 'kedge deposit refund 0x433d1369398457eb703ec53640472a9fb1c75f8372d88fba0840ebc1d70ba450',
      summary: 'what was paid and not swept',
    },
  ],
  run: async (context) => {
    const connection = await connect(context);
    const { channelId, terms, asset } = await depositTermsOf(context, connection);
    const { write } = await resolveWriter(context, connection, terms.refundTo);
    const { amount, transactionHash } = await write('refund the deposit', (client) => client.refundDeposit({ terms }));
    context.output.result(
      { channelId, refundTo: terms.refundTo, amount, asset: asset.address, transactionHash },
      () => [`${humanAmount(amount, asset.decimals)} ${asset.name} went back to ${terms.refundTo}`],
    );
  },
};
