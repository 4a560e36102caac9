import type { Address } from '@kedge/core';
import { useAssets } from '../../data/useAssets.js';
import { allDigits, showCount } from '../../ui/format.js';
import type { TransactionForm } from '../transaction.js';
import { assetEffects } from './assetEffects.js';
import { FormFrame } from './FormFrame.js';

/**
 * Claims one asset of one token or several.
 *
 * @param others tokens with something to claim that find no place in the same transaction
 */
export function claimForm(tokenIds: readonly bigint[], asset: Address, amount: bigint, others = 0): TransactionForm {
  return function ClaimForm({ isLocked, children }) {
    const { show, assetOf } = useAssets([asset]);
    const [only] = tokenIds;
    return (
      <>
        <FormFrame
          title="Claim"
          description="What your shares have earned is paid to you. Claiming twice pays once."
          isLocked={isLocked}
        />
        {children({
          title: 'Claim',
          effects: [
            { label: 'You get', value: <>at least {show(asset, amount, allDigits)}</> },
            ...assetEffects(assetOf(asset)),
            { label: 'From', value: tokenIds.length === 1 ? 'one token' : `${tokenIds.length} tokens` },
            ...(others === 0
              ? []
              : [{ label: 'Left for the next time', value: `${showCount(others, 'token')}, which earned less` }]),
          ],
          note: 'What arrives until the transaction is in a block is paid with it.',
          run: async (client) => {
            const claimed =
              tokenIds.length === 1 && only !== undefined
                ? await client.claim({ tokenId: only, asset })
                : await client.claimBatch({ tokenIds, asset });
            return <>{show(asset, claimed.amount, allDigits)} was paid to you.</>;
          },
        })}
      </>
    );
  };
}

/** Withdraws what an operator or a beneficiary is owed. */
export function withdrawForm(asset: Address, amount: bigint): TransactionForm {
  return function WithdrawForm({ isLocked, children }) {
    const { show, assetOf } = useAssets([asset]);
    return (
      <>
        <FormFrame
          title="Withdraw"
          description="The cut of what was captured under your key as an operator, and what classes owe you as beneficiary."
          isLocked={isLocked}
        />
        {children({
          title: 'Withdraw',
          effects: [{ label: 'You get', value: show(asset, amount, allDigits) }, ...assetEffects(assetOf(asset))],
          run: async (client) => {
            const withdrawn = await client.withdraw({ asset });
            return <>{show(asset, withdrawn.amount, allDigits)} was paid to you.</>;
          },
        })}
      </>
    );
  };
}
