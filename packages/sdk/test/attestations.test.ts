import { attestationRegistryAbi, attestationToAbi, hexToBytes, labelHash, utf8, type Hex } from '@kedge/core';
import { getAbiItem } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKedgeClient, getAttestations } from '../src/index.js';
import { addressOf, createClasses, hash, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const statement = utf8('The dataset is under MIT.');
const statementHash = labelHash('The dataset is under MIT.', hash);

describe('attestations', () => {
  test('P31: a statement is made, judged, and verified for those who trust the verifiers', async () => {
    const { datasetId: classId } = await createClasses(stage);
    const [contributor, operator, stranger] = [stage.as('contributor'), stage.as('operator'), stage.as('stranger')];
    expect(hexToBytes(statementHash)).toEqual(hash(statement));
    const { id } = await contributor.attest({ classId, type: 'licence', statementHash, uri: 'ipfs://statement' });
    const report = { attestationId: id, method: 'document_review', statementHash: someHash } as const;
    const first = await operator.giveVerdict({ ...report, outcome: 'undecided' });
    const second = await operator.giveVerdict({ ...report, outcome: 'confirmed' });
    expect(second.attestation.version).toBe(2);
    const refuted = await stranger.giveVerdict({ ...report, outcome: 'refuted' });

    const trust = [addressOf('stranger'), addressOf('operator'), addressOf('operator')];
    const [found, ...more] = (await stranger.getAttestations({ classId, trust })).items;
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      id,
      state: 'valid',
      subjectKind: 'class',
      subjectId: classId,
      attestationType: labelHash('licence', hash),
      attester: addressOf('contributor'),
      version: 1,
      statementHash,
      uri: 'ipfs://statement',
      trusted: { confirming: 1, refuting: 1, verified: true },
    });
    expect(found?.verdicts).toMatchObject([
      { id: first.id, outcome: 'undecided', isLast: false },
      { id: second.id, outcome: 'confirmed', isLast: true, method: labelHash('document_review', hash) },
      { id: refuted.id, outcome: 'refuted', isLast: true, verifier: addressOf('stranger') },
    ]);
    const strict = (await stranger.getAttestations({ classId, trust, threshold: 2 })).items;
    expect(strict[0]?.trusted?.verified).toBe(false);
    const others = (await stranger.getAttestations({ classId, trust: [addressOf('consumer')] })).items;
    expect(others[0]?.trusted).toEqual({ confirming: 0, refuting: 0, verified: false });
    expect((await stranger.getAttestations({ classId })).items[0]).not.toHaveProperty('trusted');

    await operator.revokeAttestation({ id: second.id });
    const after = (await stranger.getAttestations({ classId, trust: [addressOf('operator')] })).items;
    expect(after[0]).toMatchObject({ state: 'valid', trusted: { verified: false } });
    expect(after[0]?.verdicts[1]).toMatchObject({ state: 'revoked', isLast: true });
    await contributor.revokeAttestation({ id });
    expect((await stranger.getAttestations({ classId })).items[0]?.state).toBe('revoked');
  });

  test('P31: anyone brings what is signed, about a token too, and it expires', async () => {
    const { datasetShareId: tokenId, datasetId } = await createClasses(stage);
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const terms = { tokenId, type: 'quality', statementHash, expireAt: timestamp + 1_000n } as const;
    const signed = await stage.as('contributor').signAttestation(terms);
    const brought = await stage.as('stranger').attest(signed);
    expect(brought.id).toBe(signed.id);
    const verdict = await stage.as('operator').signAttestation({
      attestationId: signed.id,
      outcome: 'confirmed',
      method: 'sampling',
      statementHash,
    });
    await stage.as('stranger').attest(verdict);
    const trust = [addressOf('operator')];
    expect((await stage.as('stranger').getAttestations({ tokenId, trust })).items).toMatchObject([
      { id: signed.id, state: 'valid', attester: addressOf('contributor'), trusted: { verified: true } },
    ]);
    expect(await stage.as('stranger').getAttestations({ classId: datasetId })).toEqual({ items: [], next: null });
    await stage.anvil.testClient.increaseTime({ seconds: 2_000 });
    await stage.anvil.testClient.mine({ blocks: 1 });
    expect((await stage.as('stranger').getAttestations({ tokenId, trust })).items).toMatchObject([
      { state: 'expired', verdicts: [{ state: 'valid' }], trusted: { confirming: 1, verified: false } },
    ]);
  });

  test('P31: they come in pages, and what a page costs does not grow with what others state', async () => {
    const { datasetId: classId } = await createClasses(stage);
    const [contributor, operator, stranger] = [stage.as('contributor'), stage.as('operator'), stage.as('stranger')];
    const ids: Hex[] = [];
    for (const version of [1, 2, 3, 4, 5]) {
      const attester = version === 4 ? contributor : stranger;
      ids.push((await attester.attest({ classId, type: 'licence', statementHash, version })).id);
    }
    const report = { attestationId: ids[1]!, method: 'audit', statementHash } as const;
    const early = await operator.giveVerdict({ ...report, outcome: 'confirmed' });
    const flood: Hex[] = [];
    for (let version = 1; version <= 21; version++) {
      flood.push((await contributor.giveVerdict({ ...report, outcome: 'refuted', version })).id);
    }
    let asked = 0;
    const publicClient = {
      ...stage.anvil.publicClient,
      readContract: (call: never) => {
        asked += 1;
        return stage.anvil.publicClient.readContract(call);
      },
    } as typeof stage.anvil.publicClient;
    const page = async (more: object) => {
      asked = 0;
      const { items, next } = await getAttestations(
        { publicClient, deployment: stage.deployment },
        { classId, ...more },
      );
      return { ids: items.map(({ id }) => id), items, next };
    };

    const first = await page({ limit: 2 });
    expect([first.ids, first.next]).toEqual([ids.slice(0, 2), expect.any(String)]);
    // Two attestations, and the newest twenty of the verdicts.
    expect(asked).toBe(2 + 20);
    expect(first.items[1]).toMatchObject({ verdictCount: 22 });
    expect(first.items[1]?.verdicts.map(({ id }) => id)).toEqual(flood.slice(1));
    const second = await page({ limit: 2, after: first.next! });
    expect([second.ids, asked]).toEqual([ids.slice(2, 4), 2]);
    expect(await page({ limit: 2, after: second.next! })).toMatchObject({ ids: ids.slice(4), next: null });
    expect(await page({ limit: 5 })).toMatchObject({ ids, next: null });
    expect(await page({ limit: 1, attester: addressOf('contributor') })).toMatchObject({ ids: [ids[3]], next: null });

    // Nobody pushes out what a trusted verifier said.
    const { items } = await page({ limit: 2, trust: [addressOf('operator')] });
    expect(items[1]).toMatchObject({ trusted: { verified: true }, verdictCount: 22 });
    expect(items[1]?.verdicts).toHaveLength(21);
    expect(items[1]?.verdicts[0]).toMatchObject({ id: early.id, isLast: true, outcome: 'confirmed' });
  });

  test('P31: what cannot be is refused, and named', async () => {
    const { datasetId: classId } = await createClasses(stage);
    const [contributor, stranger] = [stage.as('contributor'), stage.as('stranger')];
    const terms = { classId, type: 'licence', statementHash } as const;
    const { id, attestation } = await contributor.attest(terms);
    const report = { outcome: 'confirmed', method: 'audit', statementHash } as const;
    const refusals: [string, () => Promise<unknown>][] = [
      ['AttestationRegistryExists', () => contributor.attest({ ...terms, issuedAt: attestation.issuedAt })],
      ['ERC8028NonexistentClass', () => contributor.attest({ ...terms, classId: 1_000n })],
      ['AttestationRegistryNotSigned', () => stranger.attest({ id, attestation, signature: '0x' })],
      ['AttestationRegistryOwnVerdict', () => contributor.giveVerdict({ ...report, attestationId: id })],
      ['AttestationRegistryUnknown', () => stranger.giveVerdict({ ...report, attestationId: someHash })],
      ['AttestationRegistryNotAttester', () => stranger.revokeAttestation({ id })],
      ['threshold_invalid', () => stranger.getAttestations({ classId, threshold: 0 })],
      ['page_invalid', () => stranger.getAttestations({ classId, limit: 0 })],
      ['page_invalid', () => stranger.getAttestations({ classId, limit: 101 })],
      ['page_invalid', () => stranger.getAttestations({ classId, after: '5' })],
    ];
    for (const [code, refused] of refusals) await expect(refused(), code).rejects.toMatchObject({ code });
    const { id: verdictId } = await stranger.giveVerdict({ ...report, attestationId: id });
    await expect(stage.as('operator').giveVerdict({ ...report, attestationId: verdictId })).rejects.toMatchObject({
      code: 'AttestationRegistryVerdictOnVerdict',
    });
    await expect(
      stranger.giveVerdict({ ...report, outcome: 'refuted', attestationId: id, version: 1 }),
    ).rejects.toMatchObject({
      code: 'AttestationRegistrySuperseded',
    });
  });

  test("P31: a holder puts a proof forward, its own or another's, as the draft's reader sees it", async () => {
    const { datasetShareId: tokenId, datasetId: classId } = await createClasses(stage);
    const [holder, lab, stranger] = [stage.as('contributor'), stage.as('operator'), stage.as('stranger')];
    const registry = stage.deployment.contracts.AttestationRegistry!;
    const proofsIn = async ({ blockNumber }: { blockNumber: bigint }) => {
      const range = { fromBlock: blockNumber, toBlock: blockNumber, strict: true } as const;
      const event = getAbiItem({ abi: attestationRegistryAbi, name: 'ProofAdded' });
      const logs = await stage.anvil.publicClient.getLogs({ address: registry, event, ...range });
      return logs.map(({ args }) => args);
    };
    const own = await holder.addProof({ tokenId, type: 'ZK_ATTEST', statementHash, uri: 'ipfs://proof', version: 3 });
    expect(own.attestation).toMatchObject({ subjectKind: 'token', subjectId: tokenId, version: 3 });
    const proofType = labelHash('ZK_ATTEST', hash);
    expect(await proofsIn(own)).toEqual([{ tokenId, proofType, uri: 'ipfs://proof', signature: own.proof }]);

    const signed = await lab.signAttestation({ tokenId, type: 'TEE_REPORT', statementHash: someHash });
    // Whoever is first with the same by attest does not keep the holder from it.
    await stranger.attest(signed);
    const brought = await holder.addProof(signed);
    expect(await proofsIn(brought)).toMatchObject([{ tokenId, signature: brought.proof }]);
    expect(brought).toMatchObject({ id: signed.id, attestation: { attester: addressOf('operator'), uri: '' } });
    const packed = await stage.anvil.publicClient.readContract({
      address: registry,
      abi: attestationRegistryAbi,
      functionName: 'packProof',
      args: [attestationToAbi(signed.attestation), signed.signature],
    });
    expect(brought.proof).toBe(packed);
    expect((await stranger.getAttestations({ tokenId })).items).toMatchObject([
      { id: own.id, state: 'valid', attester: addressOf('contributor'), attestationType: proofType, version: 3 },
      { id: signed.id, state: 'valid', attester: addressOf('operator') },
    ]);

    const other = { tokenId, type: 'ZK_ATTEST', statementHash, uri: 'ipfs://other' } as const;
    const aboutClass = await lab.signAttestation({ classId, type: 'licence', statementHash });
    const verdict = await lab.signAttestation({
      attestationId: own.id,
      outcome: 'confirmed',
      method: 'reproduction',
      statementHash,
    });
    const refusals: [string, () => Promise<unknown>][] = [
      ['AttestationRegistryUnauthorized', () => stranger.addProof(other)],
      ['AttestationRegistryExists', () => holder.addProof(signed)],
      ['AttestationRegistryNotSigned', () => holder.addProof({ ...signed, signature: own.proof })],
      ['ERC8028NonexistentToken', () => holder.addProof({ ...other, tokenId: 1n })],
      ['proof_not_of_token', () => holder.addProof(aboutClass)],
      ['proof_not_of_token', () => holder.addProof(verdict)],
    ];
    for (const [code, refused] of refusals) await expect(refused(), code).rejects.toMatchObject({ code });
  });

  test('a deployment without the registry is named', async () => {
    const { publicClient } = stage.anvil;
    const { AttestationRegistry: _, ...contracts } = stage.deployment.contracts;
    const deployment = { ...stage.deployment, contracts };
    await expect(getAttestations({ publicClient, deployment }, { classId: 1n })).rejects.toMatchObject({
      code: 'contract_missing',
      values: { contract: 'AttestationRegistry' },
    });
  });
});

test('P31: of a node that knows of a verdict and not of what it says, more is not said', async () => {
  const { datasetId: classId } = await createClasses(stage);
  const { id } = await stage.as('contributor').attest({ classId, type: 'licence', statementHash, uri: '' });
  const report = { attestationId: id, method: 'document_review', statementHash: someHash } as const;
  await stage.as('operator').giveVerdict({ ...report, outcome: 'confirmed' });
  const { publicClient } = stage.anvil;
  const getContractEvents = async (query: { readonly args?: { readonly id?: unknown } }): Promise<unknown> =>
    query.args?.id === undefined ? publicClient.getContractEvents(query as never) : [];
  const behind = { ...publicClient, getContractEvents } as never;
  const reader = createKedgeClient({ publicClient: behind, deployment: stage.deployment });
  await expect(reader.getAttestations({ classId })).rejects.toMatchObject({ code: 'chain_error', kind: 'transient' });
});
