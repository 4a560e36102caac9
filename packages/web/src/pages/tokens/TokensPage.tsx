import { linkTo } from '../../app/router.js';
import { useIndexedPages } from '../../data/useIndexed.js';
import { ConnectFirst } from '../../ui/ConnectFirst.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { StaleNote } from '../../ui/StaleNote.js';
import { useWallet } from '../../wallet/useWallet.js';
import { TokenCard } from './TokenCard.js';
import './tokens.css';

const pageSize = 20;

/** What the connected account holds, and everything that it can do with it. */
export function TokensPage() {
  const { address } = useWallet();
  const { items, error, refetch, more, isAsked } = useIndexedPages(
    'tokens',
    address === undefined ? undefined : { owner: address, limit: pageSize },
  );
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>My tokens</h1>
          <p>Value that you bought, shares that you hold, and the channels that your value is locked in.</p>
        </div>
        <a className="button" href={linkTo('explore')}>
          Find something to buy
        </a>
      </div>
      {address === undefined ? (
        <ConnectFirst what="Tokens belong to an account." />
      ) : items === undefined ? (
        error === null ? (
          <div className="stack" role="status" aria-label="Loading your tokens">
            <Skeleton height={250} />
            <Skeleton height={250} />
          </div>
        ) : (
          <section className="card">
            <ErrorState error={error} title="Your tokens cannot be listed" onRetry={() => void refetch()} />
          </section>
        )
      ) : items.length === 0 ? (
        <section className="card">
          <EmptyState
            title="You hold no tokens"
            action={
              <a className="button primary" href={linkTo('explore')}>
                Explore the classes
              </a>
            }
          >
            Buy value of a class to call it, or receive a share of one from its issuer.
          </EmptyState>
        </section>
      ) : (
        <>
          <StaleNote error={error} />
          <ul className="stack">
            {items.map((token) => (
              <li key={String(token.tokenId)}>
                <TokenCard token={token} />
              </li>
            ))}
          </ul>
          <ShowMore more={more} isAsked={isAsked} error={error} />
        </>
      )}
    </div>
  );
}
