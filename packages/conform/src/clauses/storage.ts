import type { Clause } from '../clause.js';
import { ClauseFailed } from '../outcome.js';
import { mintCall, minters, newClass, newToken, pending, settle, tryMint } from '../lab/fixtures.js';
import { attempt, read, shows, type Lab } from '../lab/lab.js';

const largest = [2n ** 16n - 1n, 2n ** 32n - 1n];

/** Whether anybody at hand can mint such a token. */
async function isMintable(lab: Lab, terms: Parameters<typeof mintCall>[1]): Promise<boolean> {
  for (const actor of minters(lab, terms.classId)) {
    if (!(await attempt(lab, actor, mintCall(lab, terms))).reverted) return true;
  }
  return false;
}

/** Section 3: what of the storage model shows outside. */
export const storageClauses: readonly Clause[] = [
  {
    id: 'D3.saturates',
    section: '3',
    level: 'MUST',
    words: '`shareRatio (uint16/uint32)` (**MUST** saturate on overflow)',
    note: 'Saturated is read as: stored as the largest value of 16 or of 32 bits; the mint does not revert. Two such tokens share a settlement in halves.',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      const tokens: bigint[] = [];
      // Where nobody can mint, that is no matter of the weight.
      await newToken(lab, { classId });
      for (const share of [2n ** 32n, 2n ** 256n - 1n]) {
        const { tokenId, done } = await tryMint(lab, { classId, share });
        const stored = await read<bigint>(lab, { name: 'shareRatioOf', args: [tokenId] });
        if (!largest.includes(stored))
          throw new ClauseFailed(`a weight of ${share} is stored as ${stored}`, done.evidence);
        tokens.push(tokenId);
      }
      const { evidence } = await settle(lab, classId, 1_000_000n);
      for (const tokenId of tokens) {
        const earned = await pending(lab, tokenId);
        // One smallest unit may be left over.
        if (earned < 499_999n || earned > 500_000n)
          throw new ClauseFailed(`one of two saturated weights earned ${earned} of 1,000,000`, evidence);
      }
    },
  },
  {
    id: 'D3.value',
    section: '3',
    level: 'MUST',
    words: '`value (uint256)`',
    note: 'A mint of more than the contract counts with reverts; what it takes it keeps whole.',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      let kept = 0;
      for (const value of [2n ** 64n + 5n, 2n ** 128n + 7n]) {
        if (!(await isMintable(lab, { classId, value }))) continue;
        const { tokenId, done } = await tryMint(lab, { classId, value });
        await shows(lab, { name: 'valueOf', args: [tokenId] }, value, 'the value minted', done.evidence);
        kept += 1;
      }
      return `${kept} of two large values are taken`;
    },
  },
  {
    id: 'D3.expireAt',
    section: '3',
    level: 'MUST',
    words: '`expireAt (uint64)` (`0` = no expiry)',
    note: 'A mint that is to last for longer than the contract counts reverts; what it takes it keeps whole.',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      let kept = 0;
      for (const expireAt of [2n ** 32n + 5n, 2n ** 63n + 7n]) {
        if (!(await isMintable(lab, { classId, expireAt }))) continue;
        const { tokenId, done } = await tryMint(lab, { classId, expireAt });
        await shows(lab, { name: 'expireAtOf', args: [tokenId] }, expireAt, 'the expiry minted', done.evidence);
        kept += 1;
      }
      return `${kept} of two late expiries are taken`;
    },
  },
];
