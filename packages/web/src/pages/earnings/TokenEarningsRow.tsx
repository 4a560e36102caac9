import type { Address, TokenEarnings } from '@kedge/core';
import { useState } from 'react';
import { lazyPart } from '../../app/lazyPart.js';
import { Part } from '../../app/Part.js';
import { claimForm } from '../../actions/forms/claimForm.js';
import { useTransactionDialog } from '../../actions/TransactionProvider.js';
import { useAssets } from '../../data/useAssets.js';
import { grouped } from '../../ui/format.js';
import { Icon } from '../../ui/icons.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { shareWords } from '../tokens/shareWords.js';
import { TokenOfClass } from './TokenOfClass.js';

const ExplainTree = lazyPart(() => import('./ExplainTree.js'), 'ExplainTree');

/** What one token earned in one asset; opened, it says why. */
export function TokenEarningsRow({ token, account }: { token: TokenEarnings; account: Address }) {
  const { tokenId, asset, share, shareState, earned, claimed, claimable } = token;
  const [isOpen, setOpen] = useState(false);
  const { show } = useAssets([asset]);
  const open = useTransactionDialog();
  const id = `why-${tokenId}-${asset}`;
  return (
    <li className="earning">
      <div className="earning-head">
        <TokenOfClass token={token}>
          , share {grouped(String(share))}
          {shareWords[shareState] !== undefined && `, ${shareWords[shareState]}`}
        </TokenOfClass>
        <dl className="earning-numbers">
          <div>
            <dt>Earned</dt>
            <dd>{show(asset, earned, 9)}</dd>
          </div>
          <div>
            <dt>Claimed</dt>
            <dd>{show(asset, claimed, 9)}</dd>
          </div>
          <div>
            <dt>Claimable</dt>
            <dd>
              <strong>{show(asset, claimable, 9)}</strong>
            </dd>
          </div>
        </dl>
        <div className="row">
          <button
            className="button small"
            type="button"
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={() => setOpen(!isOpen)}
          >
            Why? <Icon name="down" size={14} />
          </button>
          <button
            className="button small"
            type="button"
            disabled={claimable === 0n}
            onClick={() => open(claimForm([tokenId], asset, claimable))}
          >
            Claim
          </button>
        </div>
      </div>
      <div id={id} hidden={!isOpen}>
        {isOpen && (
          <Part waiting={<Skeleton height={120} />}>
            <ExplainTree tokenId={tokenId} asset={asset} account={account} />
          </Part>
        )}
      </div>
    </li>
  );
}
