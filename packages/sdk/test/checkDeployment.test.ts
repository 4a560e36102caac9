import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPublicClient, http } from 'viem';
import { checkDeployment } from '../src/index.js';
import { startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const deployHint = expect.stringContaining('kedge deploy --rpc URL');

describe('checkDeployment', () => {
  test('is silent where the contracts are', async () => {
    await expect(stage.as('stranger').checkDeployment()).resolves.toBeUndefined();
  });

  test('another chain is named, with how to deploy', async () => {
    const { publicClient } = stage.anvil;
    const deployment = { ...stage.deployment, chainId: 10 };
    await expect(checkDeployment({ publicClient, deployment })).rejects.toMatchObject({
      code: 'chain_mismatch',
      shortMessage: 'The contracts are on chain 10, the RPC is of chain 31337.',
      hints: expect.arrayContaining([deployHint]),
    });
  });

  test('the contracts that are missing are named, with how to deploy', async () => {
    const { publicClient } = stage.anvil;
    const ValueMarket = `0x${'de'.repeat(20)}` as const;
    const deployment = { ...stage.deployment, contracts: { ...stage.deployment.contracts, ValueMarket } };
    await expect(checkDeployment({ publicClient, deployment })).rejects.toMatchObject({
      code: 'contract_missing',
      shortMessage: 'Chain 31337 has no code at the address of ValueMarket.',
      values: { ValueMarket },
      hints: expect.arrayContaining([deployHint]),
    });
  });

  test('a chain that does not answer is transient', async () => {
    // Port 1 is reserved, and nothing listens on it.
    const publicClient = createPublicClient({ transport: http('http://127.0.0.1:1', { retryCount: 0 }) });
    await expect(checkDeployment({ publicClient, deployment: stage.deployment })).rejects.toMatchObject({
      code: 'chain_unreachable',
      kind: 'transient',
    });
  });
});
