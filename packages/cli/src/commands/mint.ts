import { recipientOf } from '../accounts/recipient.js';
import { readOwnClass } from '../chain/readOwnClass.js';
import { accountOptions, type Command } from '../command.js';
import { groupedDigits, humanMoment, humanUnits } from '../human.js';
import { parseAmount, parseMoment, parseShare, parsedOption, textOption } from '../parse.js';
import { unixNow } from '../unixNow.js';
import { usageError } from '../usageError.js';

export const mint: Command = {
  name: 'mint',
  summary: 'mint a token of a class: a share, or value',
  description:
    'Mints a token of a class that you issue. With --share it earns a part of the revenue of the class: its weight ' +
    'divided by all active weights. With --value it can spend units that nobody paid for (unbacked); value that is paid ' +
    'for is bought with kedge buy. Both may be given.',
  arguments: [{ name: 'classId', summary: 'the class' }],
  options: [
    { flags: '--share <weight>', summary: 'revenue weight, up to 4294967295; 0, as without it: no share' },
    { flags: '--value <units>', summary: 'units of the class, for example 100 or 0.5' },
    { flags: '--to <address>', summary: 'who holds it: an address, or a role on the local chain; without it you' },
    { flags: '--expires <when>', summary: 'last moment of validity: 30d, 2027-01-31, Unix seconds; without it never' },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge mint 1 --share 1000', summary: 'a share of class 1 for yourself' },
    { command: 'kedge mint 2 --value 50 --to consumer --expires 30d', summary: 'fifty free units for a month' },
  ],
  run: async (context) => {
    if (textOption(context, 'share') === undefined && textOption(context, 'value') === undefined) {
      throw usageError('Neither a share nor value is named.', 'Pass --share <weight>, --value <units> or both.');
    }
    const { connection, classId, found, signer, write } = await readOwnClass(context);
    const { unitDecimals } = found;
    const named = parsedOption(context, 'to', (text, flag) => recipientOf(text, connection.chainId, flag));
    const to = named ?? signer.account.address;
    const value = parsedOption(context, 'value', (text, flag) => parseAmount(text, unitDecimals, flag, 64)) ?? 0n;
    const share = parsedOption(context, 'share', parseShare) ?? 0n;
    if (share === 0n && value === 0n) {
      throw usageError(
        'A token without a share and without value would be empty.',
        'Name more than 0 with --share <weight> or --value <units>.',
      );
    }
    const now = unixNow();
    const expireAt = parsedOption(context, 'expires', (text, flag) => parseMoment(text, now, flag)) ?? 0n;
    const terms = { classId, to, value, shareRatio: share, expireAt };
    const { tokenId, transactionHash } = await write('mint', (client) => client.mint(terms));
    context.output.result({ tokenId, classId, to, value, share, expireAt, transactionHash }, () => [
      `token ${tokenId} of class ${classId} for ${to}`,
      ...(share > 0n ? [`  share      ${groupedDigits(String(share))}`] : []),
      ...(value > 0n ? [`  value      ${humanUnits(value, unitDecimals)}`] : []),
      `  expires    ${humanMoment(expireAt)}`,
      `  minted by  ${signer.label}`,
    ]);
  },
};
