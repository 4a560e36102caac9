import { onceEach } from '../../data/onceEach.js';
import { useAssets } from '../../data/useAssets.js';
import type { IndexedPages } from '../../data/useIndexed.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { showCount } from '../../ui/format.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { TokenOfClass } from './TokenOfClass.js';

/** What an account was paid as one of a token's contributors (R24), also where it had another address paid. */
export function ContributionCard({ contributed }: { contributed: IndexedPages<'contributorEarnings'> }) {
  const { items, error, refetch, more, isAsked } = contributed;
  const { show } = useAssets(items?.map(({ asset }) => asset) ?? []);
  if (items === undefined) {
    if (error === null) return null;
    return (
      <section className="card">
        <ErrorState
          error={error}
          title="What you were paid as a contributor cannot be shown"
          onRetry={() => void refetch()}
        />
      </section>
    );
  }
  if (items.length === 0) return null;
  return (
    <section className="card" aria-labelledby="as-contributor">
      <header>
        <h2 id="as-contributor">As a contributor</h2>
        <p>
          Paid so far, to you or to another address of your choice. <code>kedge contributors claim</code> pays what is
          due.
        </p>
      </header>
      <ul className="earning-rows">
        {onceEach(items).map((contribution) => (
          <li key={`${contribution.tokenId}/${contribution.asset}`} className="earning">
            <div className="row between">
              <TokenOfClass token={contribution} />
              <span className="number">
                <strong>{show(contribution.asset, contribution.paid, 9)}</strong> in{' '}
                {showCount(contribution.payments, 'payment')}
              </span>
            </div>
          </li>
        ))}
      </ul>
      <ShowMore more={more} isAsked={isAsked} error={error} />
    </section>
  );
}
