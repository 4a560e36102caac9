import { isDilutable } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TransactionRejectedRpcError } from 'viem';
import { createKedgeClient } from '../src/index.js';
import { addressOf, policy, roles, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const refuse = () => Promise.reject(new TransactionRejectedRpcError(new Error('replacement transaction underpriced')));
const metadata = { metadataURI: 'ipfs://meta', integrityHash: someHash };

describe('createClass', () => {
  test('P16: anyone creates a class, and is its issuer; the id is the event’s', async () => {
    const first = await stage.as('contributor').createClass({ kind: 'dataset', ...metadata });
    const second = await stage.as('stranger').createClass({ kind: 'model', ...metadata, unitDecimals: 3, policy });
    expect([first.classId, second.classId]).toEqual([1n, 2n]);
    expect(await stage.as('issuer').getClass({ classId: 2n })).toMatchObject({
      kind: 'model',
      issuer: addressOf('stranger'),
      unitDecimals: 3,
      policy: { version: 1, ...policy },
    });
    expect(second.gasUsed).toBeGreaterThan(21_000n);
    const { status } = await stage.anvil.publicClient.getTransactionReceipt({ hash: second.transactionHash });
    expect(status).toBe('success');
  });

  test('two at once from one account do not fight over a nonce', async () => {
    const { createClass } = stage.as('issuer');
    const made = await Promise.all([1, 2, 3].map(() => createClass({ kind: 'agent', ...metadata })));
    expect(new Set(made.map(({ classId }) => classId)).size).toBe(3);
  });

  test('nor do two clients of one account, such as a server makes for each request', async () => {
    const { anvil, deployment } = stage;
    const made = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(() => {
        const walletClient = anvil.walletOf(roles.issuer);
        const client = createKedgeClient({ publicClient: anvil.publicClient, walletClient, deployment });
        return client.createClass({ kind: 'agent', ...metadata });
      }),
    );
    expect(new Set(made.map(({ classId }) => classId)).size).toBe(6);
  });

  test('a node that has another transaction with the nonce, of another program, says that nothing was sent', async () => {
    const refusing = { sendTransaction: refuse, writeContract: refuse };
    const walletClient = { ...stage.anvil.walletOf(roles.issuer), ...refusing };
    const client = createKedgeClient({ ...stage, publicClient: stage.anvil.publicClient, walletClient });
    await expect(client.createClass({ kind: 'agent', ...metadata })).rejects.toMatchObject({
      code: 'nonce_used',
      kind: 'transient',
    });
  });

  test('royalties beyond the whole are refused with both numbers and a hint-free reason', async () => {
    const parents = [
      { classId: 1n, royaltyBps: 6_000 },
      { classId: 2n, royaltyBps: 4_001 },
    ];
    await expect(stage.as('issuer').createClass({ kind: 'agent', ...metadata, parents })).rejects.toMatchObject({
      code: 'DATRoyaltiesTooHigh',
      shortMessage: 'Could not create the class: the royalties of the parents sum to more than the whole.',
      values: { sumBps: 10_001n, maximumBps: 10_000n },
    });
  });

  test('a parent that does not exist is named', async () => {
    const parents = [{ classId: 99n, royaltyBps: 1 }];
    await expect(stage.as('issuer').createClass({ kind: 'agent', ...metadata, parents })).rejects.toMatchObject({
      code: 'ERC8028NonexistentClass',
      values: { classId: 99n },
    });
  });
});

describe('checkClassTerms', () => {
  const terms = { kind: 'agent', ...metadata } as const;

  test('says what the chain would refuse, and sends nothing', async () => {
    const issuer = stage.as('issuer');
    const { publicClient, testClient } = stage.anvil;
    const nonce = () => publicClient.getTransactionCount({ address: addressOf('issuer') });
    const before = await nonce();
    await issuer.checkClassTerms({ ...terms, parents: [{ classId: 1n, royaltyBps: 10_000 }] });
    await expect(
      issuer.checkClassTerms({ ...terms, parents: [{ classId: 99n, royaltyBps: 1 }] }),
    ).rejects.toMatchObject({ code: 'ERC8028NonexistentClass', values: { classId: 99n } });
    await expect(issuer.checkClassTerms({ ...terms, options: { appealWindow: 1 } })).rejects.toMatchObject({
      code: 'DATInvalidOption',
      values: { field: 'appealWindow' },
    });
    expect(await nonce()).toBe(before);
    await testClient.setBalance({ address: addressOf('stranger'), value: 1n });
    await expect(stage.as('stranger').checkClassTerms(terms)).rejects.toMatchObject({ code: 'insufficient_funds' });
  });
});

test('R23: a class says which share cap it is bound to', async () => {
  const { classId } = await stage.as('issuer').createClass({ kind: 'agent', ...metadata, options: { shareCap: 10n } });
  expect((await stage.as('issuer').getClass({ classId })).options).toEqual({
    shareCap: 10n,
    sharesFrozenFrom: 0n,
    activationDelay: 0,
    policyNotice: 0,
    appealWindow: 0,
    nonTransferable: false,
    valueKeepsExpiry: false,
    sharesOutliveExpiry: false,
  });
  const free = await stage.as('issuer').createClass({ kind: 'agent', ...metadata });
  const { options } = await stage.as('issuer').getClass({ classId: free.classId });
  expect(isDilutable(options, 0n)).toBe(true);
  for (const [terms, now, dilutable] of [
    [{ shareCap: 10n, sharesFrozenFrom: 0n }, 5n, false],
    [{ shareCap: 0n, sharesFrozenFrom: 6n }, 5n, true],
    [{ shareCap: 0n, sharesFrozenFrom: 5n }, 5n, false],
  ] as const)
    expect(isDilutable(terms, now)).toBe(dilutable);
});
