import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, createSale, price, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('publishPolicy', () => {
  test('P18: where a class gives notice it is announced, and current once its notice is over and somebody says so', async () => {
    const issuer = stage.as('issuer');
    const { classId } = await issuer.createClass({
      kind: 'model',
      metadataURI: '',
      integrityHash: someHash,
      options: { policyNotice: 86_400 },
    });
    await expect(stage.as('stranger').activatePolicy({ classId })).rejects.toMatchObject({
      code: 'DATNothingAnnounced',
    });
    const { policyVersion, effectiveAt } = await issuer.publishPolicy({ classId, uri: 'ipfs://next', hash: someHash });
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    expect([policyVersion, effectiveAt]).toEqual([2, timestamp + 86_400n]);
    expect((await issuer.getClass({ classId })).policy.version).toBe(1);
    await expect(issuer.activatePolicy({ classId })).rejects.toMatchObject({ code: 'DATNoticeRunning' });
    await stage.anvil.testClient.increaseTime({ seconds: 86_400 });
    await stage.anvil.testClient.mine({ blocks: 1 });
    expect((await stage.as('stranger').activatePolicy({ classId })).policyVersion).toBe(2);
    expect((await issuer.getClass({ classId })).policy).toEqual({ version: 2, uri: 'ipfs://next', hash: someHash });
  });

  test('R25: the issuer opens refunds of a lot that had none, once', async () => {
    const { agentId, lot } = await createSale(stage, { refundable: false });
    const consumer = stage.as('consumer');
    const { tokenId } = await consumer.buyValue({ classId: agentId, lot, units: 100n });
    await expect(consumer.refund({ tokenId, units: 10n })).rejects.toMatchObject({ code: 'DATNotRefundable' });
    await expect(stage.as('stranger').openRefunds({ classId: agentId, lot })).rejects.toMatchObject({
      code: 'DATNotIssuer',
    });
    await stage.as('issuer').openRefunds({ classId: agentId, lot });
    expect((await consumer.refund({ tokenId, units: 10n })).amount).toBe(10n * price.numerator);
    await expect(stage.as('issuer').openRefunds({ classId: agentId, lot })).rejects.toMatchObject({
      code: 'DATRefundsOpen',
    });
  });

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
