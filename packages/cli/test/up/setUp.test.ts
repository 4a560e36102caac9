import { getAttestations, getChannelState, getClass, getLot, getToken } from '@kedge/sdk';
import { createContentStore } from '@kedge/store';
import { canonicalJson, parseManifest, utf8 } from '@kedge/core';
import { developmentChain } from '@kedge/testing';
import { createPublicClient, http, keccak256 } from 'viem';
import { expect, onTestFinished, test } from 'vitest';
import { developmentAccount } from '../../src/accounts/developmentAccount.js';
import { createChain } from '../../src/up/chain.js';
import { demoModel } from '../../src/up/demoTerms.js';
import { findAnvil } from '../../src/up/findAnvil.js';
import { setUp } from '../../src/up/setUp.js';
import { remarkOnDocs } from '../../src/up/steps/anchorDocs.js';
import { readUpState, type UpState, type UpSteps } from '../../src/up/upState.js';
import { freePort, temporaryDataFolder } from './support.js';

const stepNames = [
  'contracts',
  'docs',
  'attestation',
  'agent',
  'lot',
  'tokenId',
  'channel',
] as const satisfies readonly (keyof UpSteps)[];

async function emptyChain() {
  const paths = temporaryDataFolder();
  const port = await freePort();
  const chain = createChain({
    paths,
    port,
    anvil: findAnvil(process.env),
    environment: process.env,
    note: () => undefined,
  });
  const child = await chain.run();
  onTestFinished(async () => {
    await chain.stopSaving();
    await child.stop(0);
  });
  const fresh: UpState = {
    format: 'kedge-up/1',
    ports: { chain: port, agent: port + 1, gateway: port + 2, dashboard: port + 3, indexer: port + 4 },
    channelSalt: `0x${'5a'.repeat(32)}`,
    steps: {},
  };
  const run = async (state: UpState) => {
    const done: string[] = [];
    const made = await setUp({
      paths,
      state,
      rpcUrl: chain.url,
      save: chain.save,
      onDocs: () => undefined,
      models: async () => [demoModel],
      timed: async (label, work) => {
        done.push(label);
        return work();
      },
    });
    return { made, done };
  };
  const publicClient = createPublicClient({ chain: developmentChain, transport: http(chain.url), cacheTime: 0 });
  return { paths, chain, child, fresh, run, publicClient };
}

test('setting up makes what the demo needs', async () => {
  const { paths, fresh, run, publicClient } = await emptyChain();
  const { made } = await run(fresh);
  const client = { publicClient, deployment: made.deployment };
  const docs = await getClass(client, { classId: made.docs.classId });
  expect(docs).toMatchObject({ kind: 'dataset', issuer: developmentAccount('contributor').address });
  const agent = await getClass(client, { classId: made.agent.classId });
  expect(agent).toMatchObject({
    kind: 'agent',
    issuer: developmentAccount('operator').address,
    unitDecimals: 3,
    policy: { hash: made.agent.policyHash, uri: `ipfs://${made.agent.policyCid}` },
    parents: [{ classId: docs.classId, royaltyBps: 3_000 }],
  });
  // R23: what was minted is the whole of each class.
  for (const { totalShare, options } of [docs, agent]) {
    expect(options.shareCap).toBe(10_000n);
    expect(totalShare).toBe(options.shareCap);
  }
  expect((await getToken(client, { tokenId: made.docs.shareTokenId })).holder).toBe(docs.issuer);
  expect((await getToken(client, { tokenId: made.agent.shareTokenId })).holder).toBe(agent.issuer);
  expect(await getLot(client, { classId: agent.classId, lot: made.lot })).toMatchObject({ outstanding: 1_000_000n });
  const { channelId: _, ...channel } = made.channel;
  expect(await getChannelState(client, { channel })).toMatchObject({ open: true, remainingUnits: 1_000_000n });
  expect(made.channelIsOpen).toBe(true);

  const store = createContentStore({ dir: paths.store });
  const manifest = parseManifest(await store.getJson(made.docs.manifestCid));
  expect(manifest).toMatchObject({
    classId: String(docs.classId),
    integrityHash: docs.integrityHash,
    cid: made.docs.cid,
  });

  const [stated] = (await getAttestations(client, { classId: docs.classId })).items;
  expect(stated).toMatchObject({ state: 'valid', attester: docs.issuer, verdicts: [] });
  const statement = await store.getJson(stated!.uri.slice('ipfs://'.length));
  expect(statement).toMatchObject({ licence: 'MIT', integrityHash: docs.integrityHash, cid: made.docs.cid });
  expect(stated!.statementHash).toBe(keccak256(utf8(canonicalJson(statement))));
  const readme = manifest.files.find(({ path }) => path === 'README.md')!;
  expect(new TextDecoder().decode(await store.getBytes(readme.cid))).toContain('Kedge');
});

test('docs that differ from the anchored ones are noticed', async () => {
  const { paths, fresh, run } = await emptyChain();
  const { made } = await run(fresh);
  expect(await remarkOnDocs(made.docs, paths.agent)).toBeUndefined();
  expect(await remarkOnDocs({ ...made.docs, cid: 'of other docs' }, paths.agent)).toMatch(/^The docs changed/);
  // Docs that cannot be read now, or are gone, end nothing.
  expect(await remarkOnDocs(made.docs, paths.state)).toMatch(/^The docs could not be compared .*: .*state\.json/);
});

test('a kill after any step, recorded or not, changes nothing: the next start finds what is there', async () => {
  const { paths, fresh, run, publicClient } = await emptyChain();
  const first = await run(fresh);
  const recorded = { ...readUpState(paths.state)!, ports: fresh.ports };
  const height = await publicClient.getBlockNumber();
  for (const [index] of stepNames.entries()) {
    if (index === 0) continue;
    const steps = Object.fromEntries(stepNames.slice(0, index).map((name) => [name, recorded.steps[name]]));
    const again = await run({ ...recorded, steps });
    expect(again.made).toEqual(first.made);
    expect(again.done).toHaveLength(stepNames.length - index);
  }
  expect(await publicClient.getBlockNumber()).toBe(height);
  expect((await run(recorded)).done).toEqual([]);
});

test('contracts that were deployed and not recorded are deployed again', async () => {
  const { fresh, run } = await emptyChain();
  const first = await run(fresh);
  const second = await run({ ...fresh, steps: {} });
  expect(second.made.contracts.ValueChannels).not.toBe(first.made.contracts.ValueChannels);
  expect(second.made.channelIsOpen).toBe(true);
});

test('a chain from before there was a registry starts as it did, without an attestation', async () => {
  const { paths, fresh, run } = await emptyChain();
  await run(fresh);
  const recorded = readUpState(paths.state)!;
  const { AttestationRegistry: _, ...contracts } = recorded.steps.contracts!;
  const { attestation: _id, ...steps } = recorded.steps;
  const { made, done } = await run({ ...recorded, ports: fresh.ports, steps: { ...steps, contracts } });
  expect(done).toEqual([]);
  expect(made.contracts).not.toHaveProperty('AttestationRegistry');
  expect(readUpState(paths.state)!.steps).toEqual(recorded.steps);
});

test('a chain that is not the one of the state file is reported', async () => {
  const { paths, run } = await emptyChain();
  const other = await emptyChain();
  await other.run(other.fresh);
  const state = { ...readUpState(other.paths.state)!, ports: other.fresh.ports };
  const refusal = run(state);
  await expect(refusal).rejects.toMatchObject({ code: 'chain_state_missing' });
  await expect(refusal).rejects.toThrow(paths.chainDump);
});
