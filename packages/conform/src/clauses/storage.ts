import type { Clause } from '../clause.js';
import { ClauseFailed } from '../outcome.js';
import { newClass, tryMint } from '../lab/fixtures.js';
import { read } from '../lab/lab.js';

const largest = [2n ** 16n - 1n, 2n ** 32n - 1n];

/** Section 3: what of the storage model shows outside. */
export const storageClauses: readonly Clause[] = [
  {
    id: 'D3.saturates',
    section: '3',
    level: 'MUST',
    words: '`shareRatio (uint16/uint32)` (**MUST** saturate on overflow)',
    note: 'Saturated is read as: stored as the largest value of 16 or of 32 bits; the mint does not revert.',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      for (const share of [2n ** 32n, 2n ** 256n - 1n]) {
        const { tokenId, done } = await tryMint(lab, { classId, share });
        const stored = await read<bigint>(lab, { name: 'shareRatioOf', args: [tokenId] });
        if (largest.includes(stored)) continue;
        throw new ClauseFailed(`a weight of ${share} is stored as ${stored}`, done.evidence);
      }
      return undefined;
    },
  },
];
