import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('publishPolicy', () => {
  test('L10: a new version is current, and only the issuer publishes it', async () => {
    const { agentId } = await createClasses(stage);
    const next = { uri: 'ipfs://next', hash: someHash };
    const { policyVersion } = await stage.as('issuer').publishPolicy({ classId: agentId, ...next });
    expect(policyVersion).toBe(2);
    expect((await stage.as('issuer').getClass({ classId: agentId })).policy).toEqual({ version: 2, ...next });
    await expect(stage.as('stranger').publishPolicy({ classId: agentId, ...next })).rejects.toMatchObject({
      code: 'DATNotIssuer',
      values: { classId: agentId, caller: addressOf('stranger'), issuer: addressOf('issuer') },
      hints: [expect.stringContaining('issuer')],
    });
  });
});
