import { readOwnClass } from '../chain/readOwnClass.js';
import { accountOptions, type Command } from '../command.js';
import { confirm, yesOption } from '../confirm.js';

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
    const { classId, found, signer, write } = await readOwnClass(context);
    const { totalShare } = found;
    await confirm(context, `Freeze the shares of class ${classId}, whose weights sum to ${totalShare}`);
    const { transactionHash } = await write('freeze the shares', (client) => client.freezeShares({ classId }));
    context.output.result({ classId, totalShare, transactionHash }, () => [
      `no more shares of class ${classId} are minted; their weights sum to ${totalShare}`,
      `  signed by ${signer.label}`,
    ]);
  },
};
