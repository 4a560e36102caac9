import { createKedgeClient, deployContracts } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atOneBlock } from '../src/chain/atOneBlock.js';
import { readOverview } from '../src/chain/readOverview.js';
import { temporaryFolder } from './kedge.js';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil?.stop());

test('what happens while the chain is read is in none of the numbers', async () => {
  const { publicClient, rpcUrl } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  const client = createKedgeClient({ publicClient, deployment });
  const connection = { ...deployment, client, publicClient, rpcUrl, dataDir: temporaryFolder() };
  const before = await readOverview(connection);
  const still = await atOneBlock(connection);

  const issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(0), deployment });
  const integrityHash = `0x${'ab'.repeat(32)}` as const;
  const { classId } = await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash });
  await issuer.mintShare({ classId, to: anvil.walletOf(1).account.address, shareRatio: 10_000n });
  await issuer.settleRevenue({ classId, amount: 1_000n });

  expect(await readOverview(still)).toEqual(before);
  const after = await readOverview(connection);
  expect([after.classes.length, after.tokens.length]).toEqual([1, 1]);
  expect(after.tokens[0]?.claimable).toHaveLength(1);
});
