import { BaseError, parsePolicy, type Deployment, type Policy } from '@kedge/core';
import { checkDeployment, deployContracts, getChannelState, type KedgeClient } from '@kedge/sdk';
import { createContentStore } from '@kedge/store';
import { developmentAccount } from '../accounts/developmentAccount.js';
import { developmentChainId, type Role } from '../accounts/roles.js';
import type { DataPaths } from '../files/dataPaths.js';
import { demoPolicy } from './demoTerms.js';
import { anchorDocs } from './steps/anchorDocs.js';
import { attestDocs } from './steps/attestDocs.js';
import { createAgentClass } from './steps/createAgentClass.js';
import { openDemoChannel } from './steps/openDemoChannel.js';
import { buyUnits, openLot } from './steps/sellAndBuy.js';
import { chainClientsOf, setupClient } from './steps/setupClient.js';
import { writeUpState, type UpState, type UpSteps } from './upState.js';

type NeededStep = Exclude<keyof UpSteps, 'attestation'>;

/** Everything that setting up makes. */
export type SetUp = Required<{ readonly [name in NeededStep]: NonNullable<UpSteps[name]> }> & {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly channelIsOpen: boolean;
};

/**
 * Brings the local chain to where the demo begins. Each step that is recorded is passed over; a step is recorded only when
 * its blocks are on disk; a step that was done and not recorded is found on the chain. So a kill at any moment costs nothing.
 *
 * @param options.timed runs a step and notes how long it took
 */
export async function setUp(options: {
  paths: DataPaths;
  state: UpState;
  rpcUrl: string;
  /** Puts the chain on disk. */
  save: () => Promise<void>;
  models: () => Promise<readonly string[]>;
  timed: <T>(label: string, work: () => Promise<T>) => Promise<T>;
  /** Hears of the anchored docs while the later steps still run. */
  onDocs: (docs: SetUp['docs']) => void;
}): Promise<SetUp> {
  const { paths, rpcUrl, save, timed } = options;
  const store = createContentStore({ dir: paths.store });
  const operatorAddress = developmentAccount('operator').address;
  let { state } = options;

  const step = async <name extends keyof UpSteps>(
    name: name,
    label: string,
    make: () => Promise<NonNullable<UpSteps[name]>>,
  ): Promise<NonNullable<UpSteps[name]>> => {
    const recorded = state.steps[name];
    if (recorded !== undefined) return recorded;
    return timed(label, async () => {
      const made = await make();
      await save();
      state = { ...state, steps: { ...state.steps, [name]: made } };
      writeUpState(paths.state, state);
      return made;
    });
  };

  const contracts = await step('contracts', 'contracts', async () => {
    return (await deployContracts(chainClientsOf(rpcUrl, 'deployer'))).contracts;
  });
  const deployment: Deployment = { chainId: developmentChainId, contracts };
  const as = (role: Role): KedgeClient => setupClient(rpcUrl, role, deployment);
  const consumer = as('consumer');
  await requireContracts(consumer, paths);
  const docs = await step('docs', 'docs anchored', () => anchorDocs(as('contributor'), store, paths.agent));
  options.onDocs(docs);
  if (contracts.AttestationRegistry !== undefined) {
    await step('attestation', 'docs attested', () => attestDocs(as('contributor'), store, docs));
  }
  const agent = await step('agent', 'agent class', async () => {
    return createAgentClass(as('operator'), store, docs, demoPolicy(operatorAddress, await options.models()));
  });
  const policy = parsePolicy(await store.getJson(agent.policyCid));
  const lot = await step('lot', 'lot on sale', () => openLot(as('operator'), agent.classId));
  const tokenId = await step('tokenId', 'units bought', () => buyUnits(consumer, agent.classId, lot));
  const channel = await step('channel', 'channel', () =>
    openDemoChannel(consumer, operatorAddress, tokenId, state.channelSalt),
  );
  const { open } = await getChannelState(consumer, { channel });
  return { contracts, deployment, docs, agent, policy, lot, tokenId, channel, channelIsOpen: open };
}

/** The state file is written after the chain, so a chain without the contracts is another or an older one. */
async function requireContracts(client: KedgeClient, paths: DataPaths): Promise<void> {
  try {
    await checkDeployment(client);
  } catch (cause) {
    if (!(cause instanceof BaseError) || cause.code !== 'contract_missing') throw cause;
    throw new BaseError(`the chain in ${paths.chainDump} is not the one that ${paths.root} was set up on`, {
      code: 'chain_state_missing',
      cause,
      values: { missing: Object.keys(cause.values).join(', ') },
      hints: [
        'put back that file from the same copy as the rest of the folder',
        `or move ${paths.root} away and run kedge up again`,
      ],
    });
  }
}
