import { resolveAccount } from '../accounts/resolveAccount.js';
import { connect } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { accountOptions, type Command } from '../command.js';
import { confirm, yesOption } from '../confirm.js';
import { argument, parseInteger } from '../parse.js';

export const classFreeze: Command = {
  name: 'class freeze',
  summary: 'mint no more shares of a class, ever',
  description:
    'Ends the minting of shares of a class that you issue, for ever: nobody can take a part of the revenue from those who ' +
    'have shares now. Value is minted and sold as before. Asks before it does.',
  arguments: [{ name: 'classId', summary: 'the class' }],
  options: [yesOption, ...accountOptions],
  examples: [{ command: 'kedge class freeze 2', summary: 'when all shares of class 2 are with their holders' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const connection = await connect(context);
    const { issuer, totalShare } = await connection.client.getClass({ classId });
    const signer = await resolveAccount(context, connection.chainId, issuer);
    await confirm(context, `Freeze the shares of class ${classId}, whose weights sum to ${totalShare}`);
    const { write } = createWriter(context, connection, signer);
    const { transactionHash } = await write('freeze the shares', (client) => client.freezeShares({ classId }));
    context.output.result({ classId, totalShare, transactionHash }, () => [
      `no more shares of class ${classId} are minted; their weights sum to ${totalShare}`,
      `  signed by ${signer.label}`,
    ]);
  },
};
