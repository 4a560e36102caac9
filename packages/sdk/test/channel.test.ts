import { channelIdOf } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createChannel, hash, signVoucher, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('openChannel, getChannelState and closeChannel', () => {
  test('R5-R7: opening locks the cap, closing returns what was not captured', async () => {
    const scene = await createChannel(stage, 1_000n);
    const { chainId, contracts } = stage.deployment;
    expect(scene.channelId).toBe(
      channelIdOf({ chainId, verifyingContract: contracts.ValueChannels }, scene.channel, hash),
    );
    expect(scene.channel).toMatchObject({ holder: addressOf('consumer'), grace: 86_400 });
    const reader = stage.as('stranger');
    expect(await reader.findChannel({ channelId: scene.channelId })).toEqual(scene.channel);
    expect(await reader.findChannel({ channelId: `0x${'99'.repeat(32)}` })).toBeUndefined();
    expect((await reader.getToken({ tokenId: scene.tokenId })).value).toBe(0n);
    expect(await reader.getChannelState({ channel: scene.channel })).toEqual({
      open: true,
      capturedUnits: 0n,
      remainingUnits: 1_000n,
      capturableUnits: 1_000n,
    });
    await expect(reader.closeChannel({ channel: scene.channel })).rejects.toMatchObject({
      code: 'ValueChannelsTooEarly',
      values: { channelId: scene.channelId, deadline: scene.channel.deadline, grace: 86_400 },
    });
    const operator = stage.as('operator');
    await operator.capture({ items: [await signVoucher(stage, scene, 400n)] });
    expect(await operator.closeChannel({ channel: scene.channel })).toMatchObject({
      capturedUnits: 400n,
      returnedUnits: 600n,
    });
    expect((await reader.getToken({ tokenId: scene.tokenId })).value).toBe(600n);
    expect(await reader.getChannelState({ channel: scene.channel })).toMatchObject({ open: false, remainingUnits: 0n });
    await expect(operator.closeChannel({ channel: scene.channel })).rejects.toMatchObject({
      code: 'ValueChannelsNotOpen',
    });
  });

  test('R9: terms that cannot be honoured name their field', async () => {
    const { channel, tokenId } = await createChannel(stage, 1_000n);
    const { holder, ...terms } = channel;
    await stage.as('operator').closeChannel({ channel });
    await expect(
      stage.as('consumer').openChannel({ ...terms, rate: 0n, salt: `0x${'99'.repeat(32)}` }),
    ).rejects.toMatchObject({
      code: 'ValueChannelsInvalidTerms',
      values: { field: 'rate' },
    });
    await expect(stage.as('consumer').openChannel({ ...terms, deadline: 1n })).rejects.toMatchObject({
      values: { field: 'deadline' },
      hints: [expect.stringMatching(/^The deadline must be still to come/)],
    });
    await expect(stage.as('stranger').openChannel(terms)).rejects.toMatchObject({
      code: 'ERC8028Unauthorized',
      values: { tokenId, caller: addressOf('stranger') },
    });
    await expect(stage.as('consumer').openChannel({ ...terms, cap: 1_001n })).rejects.toMatchObject({
      code: 'ERC8028InsufficientValue',
      values: { tokenId, value: 1_000n, needed: 1_001n },
    });
    expect(holder).toBe(addressOf('consumer'));
  });
});
