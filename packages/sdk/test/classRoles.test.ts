import { zeroAddress } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
let classes: Awaited<ReturnType<typeof createClasses>>;
beforeAll(async () => {
  stage = await startStage();
  classes = await createClasses(stage);
});
afterAll(() => stage.anvil.stop());

describe('acceptParent', () => {
  const acceptedOf = async () => {
    const { parents } = await stage.as('stranger').getClass({ classId: classes.agentId });
    return parents.map(({ accepted }) => accepted);
  };

  test('R19: the issuer of the parent marks the edge, and nobody else', async () => {
    const edge = { classId: classes.agentId, parentIndex: 0n };
    await expect(stage.as('issuer').acceptParent(edge)).rejects.toMatchObject({
      code: 'DATNotParentIssuer',
      values: { parentId: classes.datasetId, caller: addressOf('issuer') },
    });
    expect(await acceptedOf()).toEqual([false]);
    await stage.as('contributor').acceptParent(edge);
    expect(await acceptedOf()).toEqual([true]);
  });

  test('an edge that does not exist is named', async () => {
    const edge = { classId: classes.agentId, parentIndex: 1n };
    await expect(stage.as('contributor').acceptParent(edge)).rejects.toMatchObject({
      code: 'DATNonexistentParent',
      values: { classId: classes.agentId, parentIndex: 1n },
    });
  });
});

describe('updateClassMetadata', () => {
  test('the issuer corrects it, and nobody else', async () => {
    const corrected = { classId: classes.datasetId, metadataURI: 'ipfs://corrected', integrityHash: someHash } as const;
    await expect(stage.as('stranger').updateClassMetadata(corrected)).rejects.toMatchObject({
      code: 'DATNotIssuer',
      values: { caller: addressOf('stranger'), issuer: addressOf('contributor') },
    });
    await stage.as('contributor').updateClassMetadata(corrected);
    expect(await stage.as('stranger').getClass({ classId: classes.datasetId })).toMatchObject(corrected);
  });
});

describe('offerIssuer and acceptIssuer', () => {
  test('P16: the role moves when it is accepted, by whom it was offered to', async () => {
    const { datasetId: classId } = classes;
    const roleOf = async () => {
      const { issuer, pendingIssuer } = await stage.as('stranger').getClass({ classId });
      return [issuer, pendingIssuer];
    };
    await stage.as('contributor').offerIssuer({ classId, to: addressOf('consumer') });
    expect(await roleOf()).toEqual([addressOf('contributor'), addressOf('consumer')]);
    await expect(stage.as('stranger').acceptIssuer({ classId })).rejects.toMatchObject({
      code: 'DATNotPendingIssuer',
      values: { caller: addressOf('stranger'), pendingIssuer: addressOf('consumer') },
    });
    await stage.as('consumer').acceptIssuer({ classId });
    expect(await roleOf()).toEqual([addressOf('consumer'), zeroAddress]);
    await expect(
      stage.as('contributor').mintShare({ classId, to: addressOf('contributor'), shareRatio: 1n }),
    ).rejects.toMatchObject({ code: 'DATNotIssuer' });
  });

  test('P16: an offer is taken back by offering the role to nobody', async () => {
    const { agentId: classId } = classes;
    await stage.as('issuer').offerIssuer({ classId, to: addressOf('consumer') });
    await stage.as('issuer').offerIssuer({ classId });
    await expect(stage.as('consumer').acceptIssuer({ classId })).rejects.toMatchObject({ code: 'DATNotPendingIssuer' });
  });
});
