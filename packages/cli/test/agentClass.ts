import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment, Policy } from '@kedge/core';
import { createKedgeClient, type KedgeClient } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles } from '../src/accounts/roles.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { runInProcess, runJson, temporaryFolder, type Ran } from './kedge.js';

/** Class 1 is a dataset of the contributor; class 2 an agent of the operator, with 1 as its parent, whose units are on sale. */
export type AgentClass = {
  readonly cwd: string;
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  /** The options that name the chain. */
  readonly chain: readonly string[];
  /** Signs as the operator. */
  readonly client: KedgeClient;
  readonly policy: Policy;
  /** The share of class 1. */
  readonly shareTokenId: string;
  /** Commands on that chain, in this process. */
  readonly kedge: (...args: string[]) => Promise<Ran>;
  readonly kedgeJson: <value = Record<string, string>>(...args: string[]) => Promise<value>;
};

/** Makes both in a new folder, on a chain of its own; shares of both classes have a weight of 1000. */
export async function startAgentClass(): Promise<AgentClass> {
  const cwd = temporaryFolder();
  const anvil = await startAnvil();
  const deployment = await runJson<Deployment>(['deploy', '--rpc', anvil.rpcUrl], { cwd });
  const policy = demoPolicy(developmentAccount('operator').address, ['test-model']);
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify(policy));
  const chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
  const kedge = (...args: string[]) => runInProcess([...args, ...chain], { cwd });
  const kedgeJson = <value = Record<string, string>>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });
  await kedgeJson('class', 'create', '--kind', 'dataset', '--name', 'Data');
  const share = await kedgeJson('mint', '1', '--share', '1000');
  const agent = ['--name', 'Agent', '--policy', 'policy.json', '--parent', '1:3000', '--sell', '5000', '--dilutable'];
  await kedgeJson('class', 'create', ...agent);
  await kedgeJson('mint', '2', '--share', '1000');
  const client = createKedgeClient({
    publicClient: anvil.publicClient,
    walletClient: anvil.walletOf(roles.operator),
    deployment,
  });
  return { cwd, anvil, deployment, chain, client, policy, shareTokenId: share['tokenId']!, kedge, kedgeJson };
}
