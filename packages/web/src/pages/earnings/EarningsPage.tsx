import { type Address, type Earnings } from '@kedge/core';
import { claimForm, withdrawForm } from '../../actions/forms/claimForm.js';
import { useTransactionDialog } from '../../actions/TransactionProvider.js';
import { useAssets } from '../../data/useAssets.js';
import { useIndexed, useIndexer } from '../../data/useIndexed.js';
import { ConnectFirst } from '../../ui/ConnectFirst.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { Icon } from '../../ui/icons.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { StaleNote } from '../../ui/StaleNote.js';
import { Stat } from '../../ui/Stat.js';
import { useWallet } from '../../wallet/useWallet.js';
import { TokenEarningsRow } from './TokenEarningsRow.js';
import './earnings.css';

/** What the connected account has earned, why, and how it gets it. */
export function EarningsPage() {
  const { address } = useWallet();
  const indexer = useIndexer();
  const { data, error, refetch } = useIndexed('earnings', address === undefined ? undefined : { address });
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Earnings</h1>
          <p>What your shares have earned, down to the calls that paid it.</p>
        </div>
        {address !== undefined && indexer !== undefined && data !== undefined && data.tokens.length > 0 && (
          <a className="button" href={indexer.urlOf('earnings', { address, format: 'csv' })} download="earnings.csv">
            <Icon name="download" /> CSV
          </a>
        )}
      </div>
      {address === undefined ? (
        <ConnectFirst what="Earnings belong to an account." />
      ) : data === undefined ? (
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
        <Loaded address={address} earnings={data} error={error} />
      )}
    </div>
  );
}

function Loaded({ address, earnings, error }: { address: Address; earnings: Earnings; error: Error | null }) {
  const { totals, tokens } = earnings;
  const open = useTransactionDialog();
  const { show } = useAssets(totals.map(({ asset }) => asset));
  if (tokens.length === 0 && totals.every(({ owed, claimed }) => owed === 0n && claimed === 0n)) {
    return (
      <section className="card">
        <EmptyState title="Nothing earned yet">
          Shares of a class earn whenever it, or what is built on it, is used. You hold no share that has earned.
        </EmptyState>
      </section>
    );
  }
  return (
    <>
      <StaleNote error={error} />
      {totals.map(({ asset, claimable, claimed, owed }) => {
        const payable = tokens.filter((token) => token.asset === asset && token.claimable > 0n);
        return (
          <div key={asset} className="total">
            <dl className="stats">
              <Stat label="You can claim">{show(asset, claimable, 9)}</Stat>
              <Stat label="Claimed so far">{show(asset, claimed, 9)}</Stat>
              <Stat label="Owed to you" note="as operator, beneficiary, or of a revoked token">
                {show(asset, owed, 9)}
              </Stat>
            </dl>
            <div className="row">
              {payable.length > 0 && (
                <button
                  className="button primary"
                  type="button"
                  onClick={() =>
                    open(
                      claimForm(
                        payable.map(({ tokenId }) => tokenId),
                        asset,
                        claimable,
                      ),
                    )
                  }
                >
                  {payable.length === 1 ? 'Claim' : 'Claim all'}
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
      })}
      {tokens.length > 0 && (
        <section className="card" aria-labelledby="by-token">
          <header>
            <h2 id="by-token">By token</h2>
            <p>Open a row to see why.</p>
          </header>
          <ul className="earning-rows">
            {tokens.map((token) => (
              <TokenEarningsRow key={`${token.tokenId}/${token.asset}`} token={token} account={address} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
