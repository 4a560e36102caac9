import type { Holder } from '@kedge/core';
import { indexedAt } from './reading';
import { groupBy } from './rows';
import { shareStateOf, tokensOfClass } from './shares';

/** Who holds shares of a class, active or waiting, the largest first. */
export async function holdersOf(classId: bigint): Promise<Holder[]> {
  const [tokens, now] = await Promise.all([tokensOfClass(classId), indexedAt()]);
  const holders = [...groupBy(tokens, ({ owner }) => owner).values()].map((own) => {
    const sharesIn = (state: string): bigint =>
      own.filter((row) => shareStateOf(row, now) === state).reduce((sum, { share }) => sum + share, 0n);
    return {
      owner: own[0]!.owner,
      share: sharesIn('active'),
      pendingShare: sharesIn('pending'),
      tokenCount: own.length,
    };
  });
  return holders
    .filter(({ share, pendingShare }) => share + pendingShare > 0n)
    .toSorted((a, b) => Number(b.share - a.share) || (a.owner < b.owner ? -1 : 1));
}
