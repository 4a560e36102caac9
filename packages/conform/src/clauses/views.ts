import type { Clause } from '../clause.js';
import { newClass, newToken, pendingCall, soon, tryMint } from '../lab/fixtures.js';
import { prepare, same, see, shared, shows, type Lab } from '../lab/lab.js';
import { exposes } from './interface.js';

/** One token with everything set, to read back. */
function fullToken(lab: Lab) {
  return shared(lab, 'full token', async () => {
    const { classId } = await newClass(lab);
    const expireAt = (await soon(lab)) + 10_000_000n;
    const terms = { classId, value: 1_234n, share: 567n, expireAt };
    const { tokenId } = await prepare('no token could be minted', () => tryMint(lab, terms));
    return { ...terms, tokenId };
  });
}

const readsBack = (
  name: string,
  words: string,
  expected: (token: Awaited<ReturnType<typeof fullToken>>, lab: Lab) => unknown,
): Clause =>
  exposes(name, {
    section: '5',
    words,
    check: async (lab) => {
      const token = await fullToken(lab);
      await shows(lab, { name, args: [token.tokenId] }, expected(token, lab), name);
    },
  });

/** Section 5: the required views, each read back after what it tells was set. */
export const viewClauses: readonly Clause[] = [
  exposes('getClassMeta', {
    section: '5',
    words: 'function getClassMeta(uint256 classId)',
    check: async (lab) => {
      const { classId, terms } = await newClass(lab);
      const meta = await see<readonly unknown[]>(lab, { name: 'getClassMeta', args: [classId] });
      Object.entries(terms).forEach(([name, value], index) => same(meta.value[index], value, name, meta.evidence));
    },
  }),
  readsBack('classOf', 'function classOf(uint256 tokenId) external view returns (uint256);', ({ classId }) => classId),
  readsBack('valueOf', 'function valueOf(uint256 tokenId) external view returns (uint256);', ({ value }) => value),
  readsBack(
    'shareRatioOf',
    'function shareRatioOf(uint256 tokenId) external view returns (uint256);',
    ({ share }) => share,
  ),
  readsBack(
    'expireAtOf',
    'function expireAtOf(uint256 tokenId) external view returns (uint64);',
    ({ expireAt }) => expireAt,
  ),
  readsBack(
    'ownerOf',
    'function ownerOf(uint256 tokenId) external view returns (address);',
    (_token, lab) => lab.actors.alice.address,
  ),
  exposes('pendingRevenue', {
    section: '5',
    words: 'function pendingRevenue(uint256 tokenId, address asset) external view returns (uint256);',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      const tokenId = await newToken(lab, { classId, share: 5n });
      await shows(lab, pendingCall(tokenId), 0n, 'pendingRevenue of a new class in ETH');
      const unknown = pendingCall(tokenId, lab.actors.bob.address);
      await shows(lab, unknown, 0n, 'pendingRevenue in an asset that never came');
    },
  }),
];
