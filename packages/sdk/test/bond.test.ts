import { readFileSync } from 'node:fs';
import {
  findEquivocations,
  hashReceipt,
  hexToBytes,
  merkleTree,
  operatorBondAbi,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  signedReceiptToAbi,
  zeroHash,
  type Hex,
  type Receipt,
  type SignedReceipt,
} from '@kedge/core';
import { developmentAccount } from '@kedge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addressOf,
  createChannel,
  hash,
  price,
  roles,
  signVoucher,
  someHash,
  startStage,
  type Stage,
} from './fixture.js';

const week = 7 * 86_400;
const dead = '0x000000000000000000000000000000000000dEaD';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const receiptOf = (channelId: Hex, responseHash: Hex): Receipt => ({
  channelId,
  tokenId: 1n,
  classId: 2n,
  policyHash: someHash,
  seq: seqOf(1n, 7n),
  requestHash: someHash,
  responseHash,
  metrics: [
    { metric: 'input_tokens', amount: 12n },
    { metric: 'output_tokens', amount: 40n },
  ],
  units: 132n,
  cumulativeUnits: 132n,
  previousReceiptHash: zeroHash,
  issuedAt: 1_790_000_000n,
});

/** Receipts as a gateway signs those of one batch. */
async function signBatch(receipts: readonly Receipt[], batch: bigint): Promise<SignedReceipt[]> {
  const { chainId, contracts } = stage.deployment;
  const account = developmentAccount(roles.operator);
  const leaves = receipts.map((receipt) => hexToBytes(receiptLeaf(hashReceipt(receipt, hash), hash)));
  const { root, pathOf } = merkleTree(leaves, hash);
  const signed = { operator: account.address, epoch: 1n, batch, root };
  const digest = receiptBatchDigest({ chainId, verifyingContract: contracts.ValueChannels }, signed, hash);
  const signature = await account.sign({ hash: digest });
  return receipts.map((receipt, index) => ({
    receipt,
    batch: signed,
    path: pathOf(index),
    signature,
    signer: account.address,
    salt: zeroHash,
  }));
}

async function pass(seconds: number): Promise<void> {
  await stage.anvil.testClient.increaseTime({ seconds });
  await stage.anvil.testClient.mine({ blocks: 1 });
}

describe('operator bond', () => {
  test('R26: an equivocation is found in receipts, proven, paid and burned', async () => {
    const scene = await createChannel(stage, 1_000n);
    const { channel, channelId } = scene;
    const [operator, stranger, consumer] = [stage.as('operator'), stage.as('stranger'), stage.as('consumer')];
    const captured = 40n;
    await operator.capture({ items: [await signVoucher(stage, scene, captured)] });
    const coverUntil = channel.deadline + BigInt(channel.grace);
    const amount = 10n ** 18n;
    expect((await operator.postBond({ amount, coverUntil })).bonded).toBe(amount);
    expect(await consumer.getBond({ operator: addressOf('operator') })).toEqual({
      amount,
      coveredUntil: coverUntil,
      windows: 0,
    });

    const one = receiptOf(channelId, `0x${'01'.repeat(32)}`);
    const two = receiptOf(channelId, `0x${'02'.repeat(32)}`);
    const between = { ...one, seq: seqOf(1n, 8n) };
    const receipts = [...(await signBatch([one, between], 1n)), ...(await signBatch([between, two], 2n))];
    const frauds = findEquivocations(receipts, hash);
    expect(frauds).toHaveLength(1);
    const { first, second } = frauds[0]!;
    await expect(stranger.proveFraud({ channel, first, second: receipts[1]! })).rejects.toMatchObject({
      code: 'OperatorBondNoEquivocation',
    });
    // Why no verifier takes a receipt's signature in another form: with it there would be no proof.
    const parity = first.signature.endsWith('1b') ? '00' : '01';
    const unusual = { ...first, signature: `${first.signature.slice(0, -2)}${parity}` as Hex };
    await expect(stranger.proveFraud({ channel, first: unusual, second })).rejects.toMatchObject({
      code: 'OperatorBondWrongSigner',
    });
    const proven = await stranger.proveFraud({ channel, first, second });
    const backing = captured * price.numerator;
    expect(proven).toMatchObject({ window: 1, backing });
    await expect(stranger.payFraud({ channelId })).rejects.toMatchObject({ code: 'OperatorBondWindowOpen' });

    await pass(week + 1);
    const pot = amount / 2n;
    expect(await stranger.payFraud({ channelId })).toMatchObject({
      holder: addressOf('consumer'),
      holderAmount: backing,
      reporter: addressOf('stranger'),
      reporterAmount: pot / 20n,
    });
    expect((await consumer.withdrawBondDues()).amount).toBe(backing);
    expect((await stranger.withdrawBondDues({})).amount).toBe(pot / 20n);
    const burned = await stranger.burnSlashed({ operator: addressOf('operator'), window: proven.window });
    expect(burned.amount).toBe(pot - pot / 20n - backing);
    expect(await stage.anvil.publicClient.getBalance({ address: dead })).toBe(burned.amount);

    const { releaseAt } = await operator.startUnbonding();
    expect(releaseAt).toBeGreaterThanOrEqual(coverUntil + BigInt(week));
    await expect(operator.releaseBond()).rejects.toMatchObject({ code: 'OperatorBondTooEarly', values: { releaseAt } });
    await pass(10 * week);
    expect((await operator.releaseBond()).amount).toBe(amount - pot);
  });

  test('R26: what was captured counts after a channel is closed', async () => {
    const scene = await createChannel(stage, 1_000n);
    const [operator, stranger] = [stage.as('operator'), stage.as('stranger')];
    await operator.capture({ items: [await signVoucher(stage, scene, 10n)] });
    await operator.closeChannel({ channel: scene.channel });
    await operator.postBond({ amount: 10n ** 18n });
    await operator.startUnbonding();
    await operator.cancelUnbonding();
    expect(await stranger.getBond({ operator: addressOf('operator') })).not.toHaveProperty('releaseAt');
    const signed = [
      ...(await signBatch([receiptOf(scene.channelId, `0x${'01'.repeat(32)}`)], 1n)),
      ...(await signBatch([receiptOf(scene.channelId, `0x${'02'.repeat(32)}`)], 2n)),
    ];
    const { backing } = await stranger.proveFraud({ channel: scene.channel, first: signed[0]!, second: signed[1]! });
    expect(backing).toBe(10n * price.numerator);
  });

  test('R26: what is captured after a proof is claimed, in its window and after it', async () => {
    const scene = await createChannel(stage, 1_000n);
    const { channel, channelId } = scene;
    const [operator, consumer] = [stage.as('operator'), stage.as('consumer')];
    await operator.postBond({ amount: 10n ** 18n });
    const signed = [
      ...(await signBatch([receiptOf(channelId, `0x${'01'.repeat(32)}`)], 1n)),
      ...(await signBatch([receiptOf(channelId, `0x${'02'.repeat(32)}`)], 2n)),
    ];
    await expect(consumer.raiseClaim({ channel })).rejects.toMatchObject({ code: 'OperatorBondNotProven' });
    const proof = { channel, first: signed[0]!, second: signed[1]! };
    expect(await operator.proveFraud(proof)).toMatchObject({ backing: 0n });
    await expect(consumer.proveFraud(proof)).rejects.toMatchObject({ code: 'OperatorBondAlreadyProven' });
    await expect(consumer.raiseClaim({ channel })).rejects.toMatchObject({ code: 'OperatorBondNothingToRaise' });
    const { windows } = await consumer.getBond({ operator: addressOf('operator') });
    await operator.capture({ items: [await signVoucher(stage, scene, 30n)] });
    const inWindow = await consumer.raiseClaim({ channel });
    expect(inWindow).toMatchObject({ window: windows, backing: 30n * price.numerator });
    await operator.capture({ items: [await signVoucher(stage, scene, 50n)] });
    await pass(week + 1);
    const after = await consumer.raiseClaim({ channel });
    expect(after).toMatchObject({ window: windows + 1, backing: 20n * price.numerator });
    await pass(week + 1);
    expect(await consumer.payFraud({ channelId })).toMatchObject({
      holderAmount: 20n * price.numerator,
      reporter: addressOf('consumer'),
    });
  });

  test('R14: the contract hashes the golden receipts as core does', async () => {
    const vectors = JSON.parse(
      readFileSync(new URL('../../core/test/vectors/receipt.json', import.meta.url), 'utf8'),
      (key, value: unknown) =>
        ['tokenId', 'classId', 'seq', 'amount', 'units', 'cumulativeUnits', 'issuedAt'].includes(key)
          ? BigInt(value as string)
          : value,
    ) as { receipts: Receipt[]; hashes: Hex[] };
    const address = stage.deployment.contracts.OperatorBond!;
    for (const [index, receipt] of vectors.receipts.entries()) {
      const [signed] = await signBatch([receipt], 1n);
      const asked = { address, abi: operatorBondAbi, functionName: 'receiptHash' } as const;
      const args = [signedReceiptToAbi(signed!, hash).receipt] as const;
      expect(await stage.anvil.publicClient.readContract({ ...asked, args })).toBe(vectors.hashes[index]);
    }
  });
});
