import { isSameAddress, zeroAddress, type Price } from '@kedge/core';
import { useState } from 'react';
import { costUp } from '../../data/priceText.js';
import { assetName } from '../../data/readAsset.js';
import { useAssets } from '../../data/useAssets.js';
import { allDigits, showMoment, unitsText } from '../../ui/format.js';
import type { TransactionForm } from '../transaction.js';
import { assetEffects } from './assetEffects.js';
import { FormFrame } from './FormFrame.js';
import { parseUnitsText, UnitsField } from './UnitsField.js';

/** What is for sale. */
export type Offer = {
  readonly classId: bigint;
  readonly name: string;
  readonly lot: number;
  readonly price: Price;
  readonly supply: bigint;
  readonly unitDecimals: number;
  readonly refundable?: boolean | undefined;
  /** Last valid second of what is bought, 0 for ever. */
  readonly expireAt?: number | undefined;
  /** Adds to this token instead of making a new one. */
  readonly toTokenId?: bigint | undefined;
};

/** Buys value of a lot on the market, as a new token or on top of one. */
export function buyForm(offer: Offer): TransactionForm {
  const { classId, name, lot, price, supply, unitDecimals, refundable, expireAt = 0, toTokenId } = offer;
  const title = toTokenId === undefined ? 'Buy value' : 'Top up';
  return function BuyForm({ isLocked, children }) {
    const [text, setText] = useState('100');
    const { show, showPrice, assetOf } = useAssets([price.asset]);
    const parsed = parseUnitsText(text, unitDecimals, supply);
    const units = 'units' in parsed ? parsed.units : undefined;
    const cost = units === undefined ? undefined : costUp(price, units);
    return (
      <>
        <FormFrame
          title={
            <>
              {title}: <bdi>{name}</bdi>
            </>
          }
          description={`Prepaid units of class ${classId}. What you do not use, and no channel holds, stays yours.`}
          isLocked={isLocked}
        >
          <UnitsField
            label="Units"
            text={text}
            onText={setText}
            parsed={parsed}
            decimals={unitDecimals}
            most={undefined}
          />
        </FormFrame>
        {children({
          title,
          effects:
            units === undefined || cost === undefined
              ? undefined
              : [
                  { label: 'You pay', value: <>{show(price.asset, cost, allDigits)} and the chain’s fee</> },
                  ...assetEffects(assetOf(price.asset)),
                  { label: 'You get', value: unitsText(units, unitDecimals) },
                  { label: 'Price of a unit', value: showPrice(price, unitDecimals) },
                  ...(refundable === undefined
                    ? []
                    : [
                        {
                          label: 'Unused units',
                          value: refundable ? 'can be returned for their price' : 'are not taken back',
                        },
                      ]),
                  { label: 'Valid', value: expireAt === 0 ? 'for ever' : `until ${showMoment(expireAt)}` },
                ],
          note: buyNote(offer, assetName(assetOf(price.asset))),
          run: async (client) => {
            const terms = { units: units!, maxCost: cost! };
            if (toTokenId !== undefined) {
              await client.topUp({ tokenId: toTokenId, ...terms });
              return `You added ${unitsText(units!, unitDecimals)}.`;
            }
            await client.buyValue({ classId, lot, ...terms });
            return `You bought ${unitsText(units!, unitDecimals)}: see My tokens.`;
          },
        })}
      </>
    );
  };
}

/** What else one should know before a purchase is signed, for how many transactions there will be. */
export function buyNote({ price, toTokenId }: Pick<Offer, 'price' | 'toTokenId'>, asset: string): string {
  const purchase =
    toTokenId === undefined
      ? 'The price and the policy of these units are fixed now: later versions do not touch them.'
      : 'Two transactions: the units are bought as a token of their own, then moved to this one.';
  if (isSameAddress(price.asset, zeroAddress)) return purchase;
  return `${purchase} Before that, your wallet is asked to let the market take this much ${asset} and no more, where it is not allowed already.`;
}
