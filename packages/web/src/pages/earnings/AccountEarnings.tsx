import type { Address, Earnings } from '@kedge/core';
import { mainOf, othersOf } from '../../data/mainOf.js';
import { useIndexedPages } from '../../data/useIndexed.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { StaleNote } from '../../ui/StaleNote.js';
import { useFirst } from '../../ui/useFirst.js';
import { AssetTotal } from './AssetTotal.js';
import { ContributionCard } from './ContributionCard.js';
import { TokenEarningsRow } from './TokenEarningsRow.js';

const [firstTotals, pageSize] = [3, 20];

/** What an account earned: in each asset, by token, and as a contributor. ETH stands first, for anyone can pay in assets of their own. */
export function AccountEarnings({
  address,
  earnings,
  more,
  isAsked,
  error,
}: {
  address: Address;
  earnings: Earnings;
  /** Asks for more of its tokens; undefined where there are none. */
  more: (() => void) | undefined;
  isAsked: boolean;
  error: Error | null;
}) {
  const { totals, tokens } = earnings;
  const contributed = useIndexedPages('contributorEarnings', { address, limit: pageSize });
  const main = mainOf(totals);
  const all = useFirst(main === undefined ? [] : [main, ...othersOf(totals, main)], firstTotals, pageSize);
  const rows = useFirst(tokens, pageSize, pageSize, more);
  const isNothing = tokens.length === 0 && totals.every(({ owed, claimed }) => owed === 0n && claimed === 0n);
  if (isNothing && contributed.items === undefined && contributed.error === null) return <Skeleton height={240} />;
  if (isNothing && contributed.items?.length === 0) {
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
      {all.shown.map((total) => (
        <AssetTotal
          key={total.asset}
          total={total}
          account={address}
          tokens={more === undefined ? tokens.filter(({ asset }) => asset === total.asset) : undefined}
        />
      ))}
      <ShowMore more={all.more} />
      {tokens.length > 0 && (
        <section className="card" aria-labelledby="by-token">
          <header>
            <h2 id="by-token">By token</h2>
            <p>Open a row to see why.</p>
          </header>
          <ul className="earning-rows">
            {rows.shown.map((token) => (
              <TokenEarningsRow key={`${token.tokenId}/${token.asset}`} token={token} account={address} />
            ))}
          </ul>
          <ShowMore more={rows.more} isAsked={isAsked} error={error} />
        </section>
      )}
      <ContributionCard contributed={contributed} />
    </>
  );
}
