import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAnvil, type Anvil } from '@kedge/testing';
import { createPublicClient, createWalletClient, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { deployContracts } from '../src/index.js';
import { tokenOf } from '../src/contracts.js';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

describe('deployContracts', () => {
  test('deploys contracts that know each other', async () => {
    const { publicClient } = anvil;
    const steps: string[] = [];
    const deployment = await deployContracts(
      { publicClient, walletClient: anvil.walletOf(0) },
      { onStep: (contract) => steps.push(contract) },
    );
    expect(steps).toEqual([
      'DataAnchoringTokenThirdExtension',
      'DataAnchoringTokenSecondExtension',
      'DataAnchoringTokenExtension',
      'DataAnchoringToken',
      'ValueChannels',
      'ValueMarket',
      'ContributorRoots',
      'OperatorBond',
      'ValuePlans',
      'PermitBuyer',
      'ChannelDeposits',
      'ERC3525Adapter',
      'AttestationRegistry',
    ]);
    expect(deployment.chainId).toBe(31337);
    const token = tokenOf(deployment);
    const [name, symbol, extension] = await Promise.all([
      publicClient.readContract({ ...token, functionName: 'name' }),
      publicClient.readContract({ ...token, functionName: 'symbol' }),
      publicClient.readContract({ ...token, functionName: 'extension' }),
    ]);
    expect([name, symbol]).toEqual(['Kedge Data Anchoring Token', 'DAT']);
    expect(extension.toLowerCase()).toBe(deployment.contracts.DataAnchoringTokenExtension.toLowerCase());
    const second = await publicClient.readContract({ ...token, address: extension, functionName: 'extension' });
    expect(second.toLowerCase()).toBe(deployment.contracts.DataAnchoringTokenSecondExtension?.toLowerCase());
  });

  test('an account without funds, and a chain that does not answer, are named', async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const poor = createWalletClient({ account, transport: http(anvil.rpcUrl) });
    await expect(deployContracts({ publicClient: anvil.publicClient, walletClient: poor })).rejects.toMatchObject({
      code: 'insufficient_funds',
      values: { account: account.address },
    });
    // Port 1 is reserved, and nothing listens on it.
    const transport = http('http://127.0.0.1:1', { retryCount: 0 });
    const walletClient = createWalletClient({ account, transport });
    await expect(
      deployContracts({ publicClient: createPublicClient({ transport }), walletClient }),
    ).rejects.toMatchObject({ code: 'chain_unreachable', kind: 'transient' });
  });
});
