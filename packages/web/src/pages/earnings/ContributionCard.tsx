import type { Earnings } from '@kedge/core';
import { useAssets } from '../../data/useAssets.js';
import { showCount } from '../../ui/format.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { useFirst } from '../../ui/useFirst.js';
import { TokenOfClass } from './TokenOfClass.js';

const pageSize = 20;

/** What an account was paid as one of a token's contributors (R24), also where it had another address paid. */
export function ContributionCard({ contributions }: { contributions: Earnings['contributions'] }) {
  const { shown, more } = useFirst(contributions, pageSize);
  const { show } = useAssets(shown.map(({ asset }) => asset));
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
        {shown.map((contribution) => (
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
      <ShowMore more={more} />
    </section>
  );
}
