import { afterDone } from '../chain/afterDone.js';
import { connect } from '../chain/connect.js';
import { momentNow } from '../chain/momentNow.js';
import { assetOption } from '../chain/readAsset.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanMoment } from '../human.js';
import { parseAmount, parseMoment, parsedOption, textOption } from '../parse.js';
import { usageError } from '../usageError.js';

// The contract would keep a bond for as long as the calendar goes, for a digit too many.
const longestCover = 3_653n * 86_400n;

export const bondPost: Command = {
  name: 'bond post',
  summary: 'post money that you lose when you sign two receipts with one number',
  description:
    'Posts a bond as an operator. Whoever shows two different receipts that you signed with one number in one channel ' +
    'takes half of it from you: holders get at most what was captured from their channels, reporters five percent, the ' +
    'rest is burned. Promise with --cover how long it stays: the deadlines and graces of the channels that you serve.',
  arguments: [],
  options: [
    { flags: '--amount <amount>', summary: 'how much, for example 0.5' },
    { flags: '--asset <address>', summary: 'ERC-20 token; without it ETH. Take the one that your lots are priced in' },
    {
      flags: '--cover <when>',
      summary: 'how long at least it stays, ten years at most: 120d, 2027-01-31, Unix seconds',
    },
    ...accountOptions,
  ],
  examples: [{ command: 'kedge bond post --amount 1 --cover 120d', summary: 'one ETH for four months at least' }],
  run: async (context) => {
    const amountText = textOption(context, 'amount');
    if (amountText === undefined) throw usageError('No amount is named.', 'Pass --amount: kedge bond post --amount 1');
    const connection = await connect(context);
    const asset = await assetOption(connection, textOption(context, 'asset'));
    const amount = parseAmount(amountText, asset.decimals, '--amount');
    const now = await momentNow(connection.client.publicClient);
    const coverUntil = parsedOption(context, 'cover', (text, flag) => parseMoment(text, now, flag));
    if (coverUntil !== undefined && coverUntil <= now)
      throw usageError('--cover lies in the past.', 'Name a time after all that you serve.');
    if (coverUntil !== undefined && coverUntil > now + longestCover)
      throw usageError(
        `--cover is ten years at most, not until ${humanMoment(coverUntil)}: a promise is never taken back.`,
        'Promise less now, and more when it comes to an end.',
      );
    const { signer, write } = await resolveWriter(context, connection, 'operator');
    const terms = { amount, asset: asset.address, ...(coverUntil === undefined ? {} : { coverUntil }) };
    const { bonded, transactionHash } = await write('post the bond', (client) => client.postBond(terms));
    const operator = signer.account.address;
    const { coveredUntil } = await afterDone(
      connection.client.getBond({ operator, asset: asset.address }),
      { bonded, transactionHash },
      'The bond is posted: do not post it again.',
    );
    context.output.result({ operator, asset: asset.address, amount, bonded, coveredUntil, transactionHash }, () => [
      `${humanAmount(bonded, asset.decimals)} ${asset.name} are bonded by ${signer.label}`,
      `  covers  ${coveredUntil === 0n ? 'no channel yet: promise with --cover' : humanMoment(coveredUntil)}`,
    ]);
  },
};
