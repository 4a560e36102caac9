import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('findReceiptAnchor', () => {
  test('R16: finds the root that covers a batch of an operator’s epoch, and nothing else', async () => {
    const anchors = [
      { epoch: 1n, firstBatch: 1n, lastBatch: 3n, root: someHash, cid: 'one' },
      { epoch: 2n, firstBatch: 1n, lastBatch: 9n, root: someHash, cid: 'two' },
    ];
    const { transactionHash, blockNumber, anchoredRoots } = await stage.as('operator').capture({ items: [], anchors });
    expect(anchoredRoots).toEqual([someHash, someHash]);
    const operator = addressOf('operator');
    const { findReceiptAnchor } = stage.as('stranger');
    expect(await findReceiptAnchor({ operator, epoch: 1n, batch: 3n })).toEqual({
      operator,
      ...anchors[0],
      transactionHash,
      blockNumber,
    });
    expect(await findReceiptAnchor({ operator, epoch: 2n, batch: 3n })).toMatchObject({ cid: 'two' });
    // A receipt may have its operator in any letter case, which is no checksum then.
    const shouted = `0x${operator.slice(2).toUpperCase()}` as const;
    expect(await findReceiptAnchor({ operator: shouted, epoch: 2n, batch: 3n })).toMatchObject({ cid: 'two' });
    expect(await findReceiptAnchor({ operator, epoch: 1n, batch: 4n })).toBeUndefined();
    expect(await findReceiptAnchor({ operator, epoch: 1n, batch: 0n })).toBeUndefined();
    expect(await findReceiptAnchor({ operator: addressOf('issuer'), epoch: 1n, batch: 1n })).toBeUndefined();
    await stage.anvil.testClient.mine({ blocks: 1 });
    const fromBlock = blockNumber + 1n;
    expect(await findReceiptAnchor({ operator, epoch: 1n, batch: 1n, fromBlock })).toBeUndefined();
  });
});
