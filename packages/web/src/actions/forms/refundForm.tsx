import type { AmountOfAsset, TokenSummary } from '@kedge/core';
import { useState } from 'react';
import { useAssets } from '../../data/useAssets.js';
import { allDigits, unitsText } from '../../ui/format.js';
import type { TransactionForm } from '../transaction.js';
import { assetEffects } from './assetEffects.js';
import { FormFrame } from './FormFrame.js';
import { parseUnitsText, UnitsField, type ParsedUnits } from './UnitsField.js';

/**
 * Returns unspent value for its backing.
 *
 * @param backing what all spendable units would bring now
 */
export function refundForm(token: TokenSummary, backing: AmountOfAsset): TransactionForm {
  return function RefundForm({ isLocked, children }) {
    const { value, unitDecimals, tokenId } = token;
    const [text, setText] = useState('');
    const { show, assetOf } = useAssets([backing.asset]);
    const parsed = refundedUnits(text, token, backing);
    const units = 'units' in parsed ? parsed.units : undefined;
    return (
      <>
        <FormFrame
          title="Refund"
          description="Unspent units go back, and what backs them comes to you."
          isLocked={isLocked}
        >
          <UnitsField
            label="Units to return"
            text={text}
            onText={setText}
            parsed={parsed}
            decimals={unitDecimals}
            most={value}
          />
        </FormFrame>
        {children({
          title: 'Refund',
          effects:
            units === undefined
              ? undefined
              : [
                  { label: 'You give', value: unitsText(units, unitDecimals) },
                  {
                    label: 'You get',
                    value: <>about {show(backing.asset, (backing.amount * units) / value, allDigits)}</>,
                  },
                  ...assetEffects(assetOf(backing.asset)),
                  { label: 'Left on the token', value: unitsText(value - units, unitDecimals) },
                ],
          run: async (client) => {
            const { amount } = await client.refund({ tokenId, units: units! });
            return <>{show(backing.asset, amount, allDigits)} came back to you.</>;
          },
        })}
      </>
    );
  };
}

/** The units that a text returns, where anything was paid for so many. */
export function refundedUnits(
  text: string,
  { value, unitDecimals }: Pick<TokenSummary, 'value' | 'unitDecimals'>,
  backing: AmountOfAsset,
): ParsedUnits {
  const parsed = parseUnitsText(text, unitDecimals, value);
  const isWorthless = 'units' in parsed && (backing.amount * parsed.units) / value === 0n;
  return isWorthless
    ? { problem: 'So few bring nothing: less than the smallest unit of the asset was paid for them.' }
    : parsed;
}
