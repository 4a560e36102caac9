import { concat, numberToHex, type Hex } from 'viem';
import type { Clause } from '../../clause.js';
import { eth, metric, newClass, settle } from '../../lab/fixtures.js';
import { holdings } from '../../lab/assetProbe.js';
import { refuse, same, shows, succeed } from '../../lab/lab.js';
import { extensionClause, kedge } from './extension.js';

/** One run of a packed batch: classId(8) | lot(4) | count(2), then serial(4) | amount(8) of each token. */
function packedUsages(usages: readonly (readonly [tokenId: bigint, amount: bigint])[]): Hex {
  const [[first]] = usages as [readonly [bigint, bigint]];
  return concat([
    numberToHex(first >> 32n, { size: 12 }),
    numberToHex(usages.length, { size: 2 }),
    ...usages.map(([tokenId, amount]) =>
      concat([numberToHex(tokenId & 0xffffffffn, { size: 4 }), numberToHex(amount, { size: 8 })]),
    ),
  ]);
}

/** P29 where batches are announced. */
export const batchClauses: readonly Clause[] = [
  extensionClause('P29.batch', 'All three', ['IDATBatches'], async (lab) => {
    const { alice, bob, stranger } = lab.actors;
    const { classId, by } = await newClass(lab);
    const item = { to: alice.address, shareRatio: 1n, expireAt: 0n };
    const mint = kedge(lab, 'mintBatch', classId, [
      { ...item, value: 10n },
      { ...item, value: 20n },
    ]);
    await refuse(lab, stranger, mint, 'only the issuer mints');
    const { result, evidence } = await succeed(lab, by, mint);
    same((result as readonly bigint[]).length, 2, 'how many tokens a batch of two mints', evidence);
    const [one, two] = result as [bigint, bigint];
    const holds = async (tokenId: bigint, units: bigint, what: string): Promise<void> =>
      shows(lab, { name: 'valueOf', args: [tokenId] }, units, what);
    await holds(two, 20n, 'value of the second token of a batch');
    const record = (first: bigint, second: bigint) =>
      kedge(
        lab,
        'recordUsageBatch',
        metric,
        packedUsages([
          [one, first],
          [two, second],
        ]),
      );
    await refuse(lab, stranger, record(1n, 1n), 'neither owner nor approved operator of the tokens');
    await refuse(lab, alice, record(1n, 21n), 'the second token had 20 units');
    await succeed(lab, alice, record(3n, 4n));
    await holds(one, 7n, 'value of 10 after a batch used 3');
    await holds(two, 16n, 'value of 20 after a batch used 4');
    await settle(lab, classId, 2_000n);
    const claim = (to: typeof bob) => kedge(lab, 'claimBatch', [one, two], eth, to.address);
    await refuse(lab, stranger, claim(stranger), "the holder's revenue went to somebody else");
    const before = await holdings(lab, eth, bob.address);
    const claimed = await succeed(lab, alice, claim(bob));
    same((await holdings(lab, eth, bob.address)) - before, 2_000n, 'what a batch of two claims paid', claimed.evidence);
  }),
];
