import { isBackedLot, zeroAddress } from '@kedge/core';
import { committedTokenOf } from '../chain/committedTokenOf.js';
import { connect } from '../chain/connect.js';
import { readAnyAsset } from '../chain/readAsset.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanMoment, humanUnits } from '../human.js';
import { argument, parseInteger, textOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const tokenRevoke: Command = {
  name: 'token revoke',
  summary: 'revoke a token of your class, with a reason and an appeal window',
  description:
    'For classes that were created with --appeal-window. With --reason it announces the revocation: the holder keeps ' +
    'everything for one window, and may appeal, which begins the window anew, once. Without --reason it carries the ' +
    'announced revocation out, which works for one window more: the share ends, value ends, and what was paid for ' +
    'it is owed to the holder. Revenue that was earned stays.',
  arguments: [{ name: 'tokenId', summary: 'the token' }],
  options: [
    { flags: '--reason <text>', summary: 'announce it, with this reason, which everybody can read' },
    { flags: '--withdraw', summary: 'give the announced revocation up' },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge token revoke 18446744078004518913 --reason "leaked the dataset"', summary: 'announced' },
    { command: 'kedge token revoke 18446744078004518913', summary: 'carried out, after the window' },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const reason = textOption(context, 'reason');
    const withdraw = context.options['withdraw'] === true;
    if (withdraw && reason !== undefined) throw usageError('--reason announces and --withdraw gives up: pass one.');
    const connection = await connect(context);
    const { classId, lot, holder } = await connection.client.getToken({ tokenId });
    const { issuer, unitDecimals } = await connection.client.getClass({ classId });
    const { signer, write } = await resolveWriter(context, connection, issuer);
    if (withdraw) {
      const { transactionHash } = await write('withdraw the revocation', (client) =>
        client.withdrawRevocation({ tokenId }),
      );
      context.output.result({ tokenId, transactionHash }, () => [
        `no revocation of token ${tokenId} is pending any more`,
      ]);
      return;
    }
    if (reason !== undefined) {
      const { effectiveAt, transactionHash } = await write('announce the revocation', (client) =>
        client.announceRevocation({ tokenId, reason }),
      );
      const committed = await committedTokenOf(connection, holder);
      context.output.result({ tokenId, effectiveAt, transactionHash }, () => [
        `token ${tokenId} can be revoked from ${humanMoment(effectiveAt)} on`,
        `  announced by ${signer.label}`,
        committed === undefined
          ? `next, as the holder who objects: kedge token appeal ${tokenId} <statement>`
          : `next, as who sets its lists and objects: kedge contributors appeal ${committed} <statement>`,
      ]);
      return;
    }
    const asset = isBackedLot(lot) ? (await connection.client.getLot({ classId, lot })).asset : zeroAddress;
    const { decimals, name } = await readAnyAsset(connection, asset);
    const revoked = await write('revoke the token', (client) => client.revoke({ tokenId }));
    const { units, share, amount, transactionHash } = revoked;
    context.output.result({ tokenId, holder: revoked.holder, units, share, amount, asset, transactionHash }, () => [
      `token ${tokenId} is revoked: ${humanUnits(units, unitDecimals)}, weight ${share}`,
      ...(amount === 0n
        ? []
        : [
            `  owed to ${revoked.holder}  ${humanAmount(amount, decimals)} ${name}, which was paid for it`,
            'next, as that account: kedge claim',
          ]),
    ]);
  },
};
