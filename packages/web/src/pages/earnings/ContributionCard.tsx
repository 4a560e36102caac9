import type { Earnings } from '@kedge/core';
import { linkTo } from '../../app/router.js';
import { tokenText } from '../../data/tokenText.js';
import { useAssets } from '../../data/useAssets.js';
import { ClassName } from '../../ui/ClassName.js';
import { showCount } from '../../ui/format.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { useFirst } from '../../ui/useFirst.js';

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
        {shown.map(({ tokenId, classId, className, asset, paid, payments }) => (
          <li key={`${tokenId}/${asset}`} className="earning">
            <div className="row between">
              <div>
                <a href={linkTo('class', classId)}>
                  <ClassName classId={classId} name={className} />
                </a>
                <div className="small muted">
                  Token <span className="mono">#{tokenText(tokenId)}</span>
                </div>
              </div>
              <span className="number">
                <strong>{show(asset, paid, 9)}</strong> in {showCount(payments, 'payment')}
              </span>
            </div>
          </li>
        ))}
      </ul>
      <ShowMore more={more} />
    </section>
  );
}
