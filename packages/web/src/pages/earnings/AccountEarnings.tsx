import { zeroAddress, type Address, type Earnings, type TokenEarnings } from '@kedge/core';
import { mainOf, othersOf } from '../../data/mainOf.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ShowMore } from '../../ui/ShowMore.js';
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
  error,
}: {
  address: Address;
  earnings: Earnings;
  error: Error | null;
}) {
  const { totals, tokens, contributions } = earnings;
  const main = mainOf(totals);
  const all = useFirst(main === undefined ? [] : [main, ...othersOf(totals, main)], firstTotals, pageSize);
  const rows = useFirst(tokens.toSorted(byAmount), pageSize);
  const isNothing = totals.every(({ owed, claimed }) => owed === 0n && claimed === 0n);
  if (tokens.length === 0 && contributions.length === 0 && isNothing) {
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
        <AssetTotal key={total.asset} total={total} tokens={tokens.filter(({ asset }) => asset === total.asset)} />
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
          <ShowMore more={rows.more} />
        </section>
      )}
      {contributions.length > 0 && <ContributionCard contributions={contributions} />}
    </>
  );
}

/** ETH before other assets, and in each what can be claimed most of before what less; amounts of two assets compare to nothing. */
function byAmount(one: TokenEarnings, other: TokenEarnings): number {
  if (one.asset !== other.asset) return Number(other.asset === zeroAddress) - Number(one.asset === zeroAddress);
  return Number(other.claimable > one.claimable) - Number(other.claimable < one.claimable);
}
