import type { TokenSummary } from '@kedge/core';
import { useState } from 'react';
import { allDigits, shorten, showCount, showUnits, unitsText } from '../../ui/format.js';
import { mainOf, namedOf } from '../../data/mainOf.js';
import { useAssets } from '../../data/useAssets.js';
import type { TransactionForm } from '../transaction.js';
import { AddressField } from './AddressField.js';
import { FormFrame } from './FormFrame.js';
import { parseAddress } from './parseAddress.js';

import { parseUnitsText, UnitsField } from './UnitsField.js';

/** Gives some of a token's value to an account: as a new token, split off with the same terms. */
export function transferValueForm({ tokenId, value, unitDecimals }: TokenSummary): TransactionForm {
  return function TransferValueForm({ isLocked, children }) {
    const [text, setText] = useState('');
    const [recipient, setRecipient] = useState('');
    const parsed = parseUnitsText(text, unitDecimals, value);
    const units = 'units' in parsed ? parsed.units : undefined;
    const to = parseAddress(recipient);
    return (
      <>
        <FormFrame
          title="Transfer value"
          description="Units go to another account, with their backing, policy and expiry. What is left stays on your token."
          isLocked={isLocked}
        >
          <AddressField label="To" value={recipient} onChange={setRecipient} hint="Address of the account" />
          <UnitsField label="Units" text={text} onText={setText} parsed={parsed} decimals={unitDecimals} most={value} />
        </FormFrame>
        {children({
          title: 'Transfer value',
          effects:
            units === undefined || to === undefined
              ? undefined
              : [
                  { label: 'Goes to', value: <span title={to}>{shorten(to)}</span> },
                  { label: 'Units', value: showUnits(units, unitDecimals) },
                  { label: 'Left on your token', value: unitsText(value - units, unitDecimals) },
                ],
          note: 'This cannot be taken back.',
          run: async (client) => {
            await client.split({ tokenId, parts: [{ units: units!, to: to! }] });
            return `You sent ${unitsText(units!, unitDecimals)} to ${shorten(to!)}.`;
          },
        })}
      </>
    );
  };
}

/** Gives a whole token away. Of what it earned in very many assets few are paid with it: each may refuse, and all would stop. */
export function transferTokenForm({ tokenId, value, share, unitDecimals, claimable }: TokenSummary): TransactionForm {
  const named = namedOf(claimable, mainOf(claimable));
  return function TransferTokenForm({ isLocked, children }) {
    const { show } = useAssets(named);
    const [recipient, setRecipient] = useState('');
    const [isPaid, setPaid] = useState(true);
    const paid = isPaid ? claimable.filter(({ asset }) => named.includes(asset)) : [];
    const unpaid = claimable.length - paid.length;
    const to = parseAddress(recipient);
    return (
      <>
        <FormFrame
          title="Transfer token"
          description="The whole token goes to another account: its value and its share."
          isLocked={isLocked}
        >
          <AddressField label="To" value={recipient} onChange={setRecipient} hint="Address of the account" />
          {claimable.length > 0 && (
            <label className="row">
              <input type="checkbox" checked={isPaid} onChange={(event) => setPaid(event.target.checked)} />
              Pay me first what it earned
            </label>
          )}
        </FormFrame>
        {children({
          title: 'Transfer token',
          effects:
            to === undefined
              ? undefined
              : [
                  { label: 'Goes to', value: <span title={to}>{shorten(to)}</span> },
                  { label: 'Value', value: unitsText(value, unitDecimals) },
                  ...(share > 0n ? [{ label: 'Share', value: String(share) }] : []),
                  ...paid.map(({ asset, amount }) => ({
                    label: 'You get',
                    value: <>at least {show(asset, amount, allDigits)}</>,
                  })),
                  ...(unpaid > 0
                    ? [{ label: 'Goes along', value: `what it earned in ${showCount(unpaid, 'asset')}, unclaimed` }]
                    : []),
                ],
          note: [
            'This cannot be taken back.',
            ...(unpaid > 0 ? ['What is to be yours of what goes along, claim under Earnings first.'] : []),
          ].join(' '),
          run: async (client) => {
            await client.transferToken({ tokenId, to: to!, claim: paid.map(({ asset }) => asset) });
            return `The token is now ${shorten(to!)}’s.`;
          },
        })}
      </>
    );
  };
}

/** Divides a share, or value, into a new token of one's own or of another. */
export function splitForm({ tokenId, value, share, unitDecimals }: TokenSummary): TransactionForm {
  return function SplitForm({ isLocked, children }) {
    const [unitsText, setUnitsText] = useState('');
    const [shareText, setShareText] = useState('');
    const [recipient, setRecipient] = useState('');
    const units = parseUnitsText(unitsText, unitDecimals, value);
    const part = parseUnitsText(shareText, 0, share - 1n, 'parts to give; one must stay');
    const to = recipient.trim() === '' ? undefined : parseAddress(recipient);
    const isRecipientGood = recipient.trim() === '' || to !== undefined;
    const hasUnits = 'units' in units;
    const hasShare = 'units' in part;
    const isValid =
      isRecipientGood &&
      (hasUnits || hasShare) &&
      (hasUnits || units.problem === undefined) &&
      (hasShare || part.problem === undefined);
    return (
      <>
        <FormFrame
          title="Split"
          description="Part of the token becomes a new token with the same terms."
          isLocked={isLocked}
        >
          {value > 0n && (
            <UnitsField
              label="Units of the new token"
              text={unitsText}
              onText={setUnitsText}
              parsed={units}
              decimals={unitDecimals}
              most={value}
            />
          )}
          {share > 1n && (
            <UnitsField
              label="Share of the new token"
              text={shareText}
              onText={setShareText}
              parsed={part}
              decimals={0}
              most={undefined}
              unit={`parts, of ${share}`}
            />
          )}
          <AddressField label="Holder of the new token" value={recipient} onChange={setRecipient} hint="Empty: you" />
        </FormFrame>
        {children({
          title: 'Split',
          effects: isValid
            ? [
                ...(hasUnits ? [{ label: 'Units', value: showUnits(units.units, unitDecimals) }] : []),
                ...(hasShare ? [{ label: 'Share', value: `${part.units} of ${share}` }] : []),
                { label: 'Held by', value: to === undefined ? 'you' : shorten(to) },
              ]
            : undefined,
          note: 'What the token earned so far stays with it.',
          run: async (client) => {
            // The parts of a share sum to the whole of it: what is kept is a part of its own.
            const kept = hasShare ? [{ share: share - part.units }] : [];
            const given = {
              ...(hasUnits ? { units: units.units } : {}),
              ...(hasShare ? { share: part.units } : {}),
              ...(to === undefined ? {} : { to }),
            };
            const { tokenIds } = await client.split({ tokenId, parts: [given, ...kept] });
            return `${tokenIds.length === 1 ? 'A new token was' : `${tokenIds.length} new tokens were`} made.`;
          },
        })}
      </>
    );
  };
}
