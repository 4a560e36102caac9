import { BaseError } from '@kedge/core';
import { connect } from '../chain/connect.js';
import { depositOptions, depositTermsOf, sameDeposit } from '../chain/depositTermsOf.js';
import { lotNumberOf } from '../chain/lotNumber.js';
import { momentNow } from '../chain/momentNow.js';
import { chainOptions, type Command } from '../command.js';
import { humanAmount, humanMoment, humanUnits, shortHex } from '../human.js';
import { parseAmount, parsedOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const deposit: Command = {
  name: 'deposit',
  summary: 'show the address whose payments top a channel up',
  description:
    'Shows the deposit address of a channel in capped mode, and with --units what to pay to it. Any wallet can pay: the ' +
    'address is derived from the channel, the lot, the deadline and the refund address, so what arrives there can buy ' +
    'units for that channel or go back to the refund address, and nothing else. Give the same options to kedge deposit ' +
    'sweep and kedge deposit refund: with others it is another address.',
  arguments: [{ name: 'channelId', summary: 'the channel' }],
  options: [
    { flags: '--units <units>', summary: 'how many units to top up by: shows what they cost' },
    ...depositOptions,
    ...chainOptions,
  ],
  examples: [
    {
      command: 'kedge deposit 0x433d1369398457eb703ec53640472a9fb1c75f8372d88fba0840ebc1d70ba450 --units 500',
      summary: 'where to pay for five hundred more units, and how much',
    },
  ],
  run: async (context) => {
    const connection = await connect(context);
    const { client } = connection;
    const { channelId, terms, asset, unitDecimals } = await depositTermsOf(context, connection);
    const { address, amount } = await client.getDeposit({ terms });
    const { classId, lot, deadline, refundTo } = terms;
    const units = parsedOption(context, 'units', (text, flag) => parseAmount(text, unitDecimals, flag, 64));
    if (units === 0n) throw usageError('No units are no top-up.', 'Name more than 0 with --units.');
    const isOver = deadline <= (await momentNow(client.publicClient));
    if (units !== undefined && isOver) throw deadlineOver(deadline);
    const { price } = await client.getLot({ classId, lot });
    const cost =
      units === undefined ? undefined : (price.numerator * units + price.denominator - 1n) / price.denominator;
    const money = (value: bigint): string => `${humanAmount(value, asset.decimals)} ${asset.name}`;
    context.output.result(
      {
        channelId,
        deposit: address,
        asset: asset.address,
        deposited: amount,
        ...(units === undefined ? {} : { units, cost }),
        classId,
        lot: lotNumberOf(lot),
        deadline,
        refundTo,
      },
      () => [
        `deposit address ${address} of channel ${shortHex(channelId)}`,
        ...(units === undefined || cost === undefined
          ? []
          : [`  pay        ${money(cost)} for ${humanUnits(units, unitDecimals)}`]),
        `  deposited  ${money(amount)}`,
        `  serves     until ${humanMoment(deadline)}`,
        `  refunds    to ${refundTo}`,
        isOver
          ? `Pay nothing more to it; what it holds goes back with: kedge deposit refund ${channelId}${sameDeposit(context)}`
          : `Pay to the address from any wallet, then: kedge deposit sweep ${channelId}${sameDeposit(context)}`,
      ],
    );
  },
};

function deadlineOver(deadline: bigint): BaseError {
  return new BaseError(`What is paid to this deposit buys nothing: its deadline, ${humanMoment(deadline)}, is over.`, {
    code: 'deadline_over',
    values: { deadline },
    hints: ['Name a later one with --deadline, here and for kedge deposit sweep.'],
  });
}
