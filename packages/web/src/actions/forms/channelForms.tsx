import {
  BaseError,
  channelPace,
  isSameAddress,
  type ChannelMode,
  type ChannelSummary,
  type Hex,
  type TokenSummary,
} from '@kedge/core';
import { useState } from 'react';
import { bytesToHex } from 'viem';
import { Copyable } from '../../ui/Copyable.js';
import { shorten, showMoment, unitsText } from '../../ui/format.js';
import type { TransactionForm } from '../transaction.js';
import { AddressField } from './AddressField.js';
import { FormFrame } from './FormFrame.js';
import { parseAddress } from './parseAddress.js';
import { TextField } from './TextField.js';
import { parseUnitsText, UnitsField } from './UnitsField.js';

const day = 86_400;

/**
 * Opens a channel: locks units to an operator. In capped mode the operator holds the key (a plain API key is enough to
 * call); with another key it is strict.
 */
export function openChannelForm({ tokenId, value, unitDecimals }: TokenSummary, knownOperator = ''): TransactionForm {
  return function OpenChannelForm({ isLocked, children }) {
    const [operatorText, setOperatorText] = useState(knownOperator);
    const [keyText, setKeyText] = useState('');
    const [text, setText] = useState('');
    const [daysText, setDaysText] = useState('30');
    const parsed = parseUnitsText(text, unitDecimals, value);
    const cap = 'units' in parsed ? parsed.units : undefined;
    const days = /^[1-9]\d{0,2}$/.test(daysText) ? Number(daysText) : undefined;
    const operator = parseAddress(operatorText);
    const key = keyText.trim() === '' ? operator : parseAddress(keyText);
    // Also where it was typed: with the operator's key nothing is strict.
    const isCapped =
      keyText.trim() === '' || (key !== undefined && operator !== undefined && isSameAddress(key, operator));
    const mode = isCapped ? 'capped' : 'strict';
    return (
      <>
        <FormFrame
          title="Open a channel"
          description="Units are locked to one operator, who serves calls from them until the deadline."
          isLocked={isLocked}
        >
          <AddressField
            label="Operator"
            value={operatorText}
            onChange={setOperatorText}
            hint="Address of the gateway’s account"
          />
          <UnitsField
            label="Units to lock"
            text={text}
            onText={setText}
            parsed={parsed}
            decimals={unitDecimals}
            most={value}
          />
          <TextField
            label="Days"
            value={daysText}
            onChange={setDaysText}
            problem={days === undefined ? '1 to 999 whole days.' : undefined}
            hint="After that, and a day of grace, the rest comes back"
          />
          <AddressField
            label="Channel key"
            value={keyText}
            onChange={setKeyText}
            hint="Empty: the operator’s, so that a plain API key is enough"
          />
        </FormFrame>
        {children({
          title: 'Open channel',
          effects:
            cap === undefined || days === undefined || operator === undefined || key === undefined
              ? undefined
              : [
                  { label: 'Locked', value: unitsText(cap, unitDecimals) },
                  { label: 'To', value: <span title={operator}>{shorten(operator)}</span> },
                  { label: 'Mode', value: mode },
                  {
                    label: 'You may lose',
                    value: isCapped ? 'at most what is locked' : 'nothing that your key did not sign',
                  },
                  { label: 'Until', value: showMoment(Math.floor(Date.now() / 1000) + days! * day) },
                ],
          note: isCapped
            ? 'In capped mode the operator can take up to all that is locked; receipts make it visible.'
            : 'In strict mode nobody can take more than was signed with the channel key. For a client of yours open it with kedge channel open, which tells the gateway.',
          run: async (client) => {
            const { timestamp } = await client.publicClient.getBlock();
            const now = BigInt(Math.floor(Date.now() / 1000));
            const { channelId } = await client.openChannel({
              tokenId,
              operator: operator!,
              channelKey: key!,
              cap: cap!,
              ...channelPace({ mode, cap: cap! }),
              deadline: (timestamp > now ? timestamp : now) + BigInt(days! * day),
              mode,
              salt: bytesToHex(crypto.getRandomValues(new Uint8Array(32))),
            });
            return <ChannelOpened channelId={channelId} mode={mode} />;
          },
        })}
      </>
    );
  };
}

/** What opens the value of a channel that was just opened: nobody has a key for it yet. */
export function ChannelOpened({ channelId, mode }: { channelId: Hex; mode: ChannelMode }) {
  return (
    <>
      Channel <Copyable value={channelId} label="channel id" /> is open.{' '}
      {mode === 'capped' ? (
        <>
          It has no API key yet. Its operator makes one: <code>kedge key create --channel {channelId}</code>
        </>
      ) : (
        'The gateway of its operator does not know it yet: next time kedge channel open --mode strict opens one that is told to it.'
      )}
    </>
  );
}

/** Closes a channel: what was not captured goes back to its token. */
export function closeChannelForm(channel: ChannelSummary, unitDecimals: number): TransactionForm {
  return function CloseChannelForm({ isLocked, children }) {
    const ends = Number(channel.deadline) + channel.grace;
    return (
      <>
        <FormFrame
          title="Close the channel"
          description="What was not captured goes back to the token."
          isLocked={isLocked}
        />
        {children({
          title: 'Close channel',
          effects: [
            { label: 'Captured', value: unitsText(channel.capturedUnits, unitDecimals) },
            { label: 'Comes back', value: unitsText(channel.remainingUnits, unitDecimals) },
          ],
          note: `Its operator may close it at any time; anyone else after ${showMoment(ends)}, so that no served call goes unpaid.`,
          run: async (client) => {
            const { channelId, holder, tokenId, operator, channelKey, cap, rate, burst, deadline, grace, mode, salt } =
              channel;
            const terms = { holder, tokenId, operator, channelKey, cap, rate, burst, deadline, grace, mode, salt };
            const { open } = await client.getChannelState({ channel: terms });
            if (!open)
              throw new BaseError(`Channel ${shorten(channelId)} is closed already.`, { code: 'channel_closed' });
            const { returnedUnits } = await client.closeChannel({ channel: terms });
            return `You got ${unitsText(returnedUnits, unitDecimals)} back.`;
          },
        })}
      </>
    );
  };
}
