import { parseEther, zeroAddress } from 'viem';
import { tokenIdOf } from './kedge.mjs';
import { contributor, gasOf, issuer } from './openBench.mjs';

/** Settlements and claims of ETH, with the peers' for the same. Comes after the tokens: class 1 has two shares. */
export async function measureRevenue({ record, send }, { dat }, { naive, splitter, split, splits }) {
  const accrued = [
    [3, 32],
    [3, 128],
  ]; // RevenueSettled, RevenueAccrued
  await splits.settle();
  await dat(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  await naive(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  record(
    'settle ETH',
    await dat(issuer, 'settleRevenueETH', [1n], parseEther('1')),
    {
      updated: 2, // index, received
      read: 1, // class share
      transient: 1, // the guard is looked at
      logs: accrued,
    },
    {
      naive: await gasOf(naive(issuer, 'settleRevenueETH', [1n], parseEther('1'))),
      paymentSplitter: await gasOf(send(issuer, splitter, '0x', parseEther('1'))),
      splits: await splits.settle(),
    },
  );
  await dat(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]);
  record('settle ETH, first after the shares changed', await dat(issuer, 'settleRevenueETH', [1n], parseEther('1')), {
    fresh: 1, // checkpoint
    updated: 2,
    read: 1,
    transient: 1,
    logs: accrued,
  });
  const shareToken = tokenIdOf(1, 1, 4);
  // Read: the token, its share, the index. Updated: the class's books.
  const claimState = { read: 3, updated: 1, transient: 3, logs: [[4, 32]], valueCalls: 1 };
  record(
    'claim ETH, first',
    await dat(contributor, 'claim', [shareToken, zeroAddress, contributor.address]),
    // Fresh: the token's claim state. Read: the entry's index, searched among two checkpoints.
    { ...claimState, fresh: 1, read: 5 },
    {
      naive: await gasOf(naive(contributor, 'claim', [4n, zeroAddress, contributor.address])),
      paymentSplitter: await gasOf(split(contributor, 'release', [contributor.address])),
      splits: await splits.claim(),
    },
  );
  await send(issuer, splitter, '0x', parseEther('1'));
  await splits.settle();
  await dat(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  await naive(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  record(
    'claim ETH, later',
    await dat(contributor, 'claim', [shareToken, zeroAddress, contributor.address]),
    { ...claimState, updated: 2 }, // and the token's claim state
    {
      naive: await gasOf(naive(contributor, 'claim', [4n, zeroAddress, contributor.address])),
      paymentSplitter: await gasOf(split(contributor, 'release', [contributor.address])),
      splits: await splits.claim(),
    },
  );
}
