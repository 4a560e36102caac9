import { zeroAddress, type Address, type Earnings, type TokenEarnings } from '@kedge/core';
import { mostTogether } from '@kedge/sdk';
import { claimForm, withdrawForm } from '../../actions/forms/claimForm.js';
import { useTransactionDialog } from '../../actions/TransactionProvider.js';
import { useAssets } from '../../data/useAssets.js';
import { useIndexed } from '../../data/useIndexed.js';
import { AssetText } from '../../ui/AssetText.js';
import { Stat } from '../../ui/Stat.js';
import { claimedTogether } from './claimedTogether.js';

/** What an account can claim of its tokens, was paid, and is owed in one asset. */
export function AssetTotal({
  total: { asset, claimable, claimableCount, claimed, owed },
  account,
  tokens,
}: {
  total: Earnings['totals'][number];
  account: Address;
  /** What its tokens earned in the asset; undefined where there are too many to have been asked for. */
  tokens: readonly TokenEarnings[] | undefined;
}) {
  const open = useTransactionDialog();
  const { show, assetOf } = useAssets([asset]);
  const most = { address: account, asset, limit: mostTogether };
  const { data } = useIndexed('earnings', tokens === undefined && claimable > 0n ? most : undefined);
  const { tokenIds, amount, others } = claimedTogether(tokens ?? data?.tokens ?? [], claimableCount);
  return (
    <div className="total">
      {asset !== zeroAddress && (
        <p className="small muted">
          Asset <AssetText asset={assetOf(asset)} />
        </p>
      )}
      <dl className="stats">
        <Stat label="You can claim">{show(asset, claimable, 9)}</Stat>
        <Stat label="Claimed so far">{show(asset, claimed, 9)}</Stat>
        <Stat label="Owed to you" note="as operator, beneficiary, or of a revoked token">
          {show(asset, owed, 9)}
        </Stat>
      </dl>
      <div className="row">
        {tokenIds.length > 0 && (
          <button
            className="button primary"
            type="button"
            onClick={() => open(claimForm(tokenIds, asset, amount, others))}
          >
            {tokenIds.length === 1 ? 'Claim' : others === 0 ? 'Claim all' : `Claim of ${tokenIds.length} tokens`}
          </button>
        )}
        {owed > 0n && (
          <button className="button" type="button" onClick={() => open(withdrawForm(asset, owed))}>
            Withdraw
          </button>
        )}
      </div>
    </div>
  );
}
