import { useEarnings, useIndexer } from '../../data/useIndexed.js';
import { ConnectFirst } from '../../ui/ConnectFirst.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { Icon } from '../../ui/icons.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { useWallet } from '../../wallet/useWallet.js';
import { AccountEarnings } from './AccountEarnings.js';
import './earnings.css';

const pageSize = 100;

/** What the connected account has earned, why, and how it gets it. */
export function EarningsPage() {
  const { address } = useWallet();
  const indexer = useIndexer();
  const { earnings, error, refetch, more, isAsked } = useEarnings(
    address === undefined ? undefined : { address, limit: pageSize },
  );
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Earnings</h1>
          <p>What your shares have earned, down to the calls that paid it.</p>
        </div>
        {address !== undefined && indexer !== undefined && earnings !== undefined && earnings.tokens.length > 0 && (
          <a className="button" href={indexer.urlOf('earnings', { address, format: 'csv' })} download="earnings.csv">
            <Icon name="download" /> CSV
          </a>
        )}
      </div>
      {address === undefined ? (
        <ConnectFirst what="Earnings belong to an account." />
      ) : earnings === undefined ? (
        error === null ? (
          <div className="stack" role="status" aria-label="Loading your earnings">
            <Skeleton height={96} />
            <Skeleton height={240} />
          </div>
        ) : (
          <section className="card">
            <ErrorState error={error} title="Your earnings cannot be shown" onRetry={() => void refetch()} />
          </section>
        )
      ) : (
        <AccountEarnings address={address} earnings={earnings} more={more} isAsked={isAsked} error={error} />
      )}
    </div>
  );
}
