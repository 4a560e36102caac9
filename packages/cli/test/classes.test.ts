import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameAddress, type Deployment } from '@kedge/core';
import { createKedgeClient, type KedgeClient } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles, type Role } from '../src/accounts/roles.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { runInProcess, runJson, temporaryFolder } from './kedge.js';

// What an issuer does with a class after it was made, and what its holders get back.
const cwd = temporaryFolder();
let anvil: Anvil;
let deployment: Deployment;
let chain: string[];
const as = (role: Role): KedgeClient =>
  createKedgeClient({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(roles[role]), deployment });
const addressOf = (role: Role) => developmentAccount(role).address;
const kedge = (...args: string[]) => runInProcess([...args, ...chain], { cwd });
const kedgeJson = <value = Record<string, string>>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });
/** Fails, and says this on stderr. */
const refused = async (args: readonly string[], text: string, code = 1) => {
  const ran = await kedge(...args);
  expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(text)]);
};

beforeAll(async () => {
  anvil = await startAnvil();
  deployment = await runJson<Deployment>(['deploy', '--rpc', anvil.rpcUrl], { cwd });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify(demoPolicy(addressOf('operator'), ['test-model'])));
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
});
afterAll(() => anvil.stop());

/** A class of the contributor, and one of the operator that names it as a parent. */
async function makeFamily() {
  const parent = await kedgeJson('class', 'create', '--kind', 'dataset', '--name', 'Data');
  const edge = `${parent['classId']}:3000`;
  const child = await kedgeJson('class', 'create', '--name', 'Agent', '--policy', 'policy.json', '--parent', edge);
  return { parentId: parent['classId']!, childId: child['classId']! };
}

describe('class', () => {
  test('R19: class accept-child marks the edge as its parent’s issuer, and names what is no edge', async () => {
    const { parentId, childId } = await makeFamily();
    await refused(['class', 'accept-child', childId, parentId], 'does not name class');
    await refused(['class', 'accept-child', parentId, childId, '--account', 'operator'], "key of the parent's issuer");
    expect(await kedgeJson('class', 'accept-child', parentId, childId)).toMatchObject({ accepted: true });
    const { parents } = await as('consumer').getClass({ classId: BigInt(childId) });
    expect(parents).toMatchObject([{ accepted: true }]);
  });

  test('class metadata shows it and corrects it, with its hash on chain', async () => {
    const { parentId } = await makeFamily();
    const shown = await kedge('class', 'metadata', parentId);
    const metadata = JSON.parse(shown.stdout) as Record<string, unknown>;
    expect(metadata).toMatchObject({ name: 'Data', licence: 'NOASSERTION' });
    writeFileSync(join(cwd, 'metadata.json'), JSON.stringify({ ...metadata, licence: 'MIT' }));
    await refused(['class', 'metadata', parentId, 'metadata.json', '--account', 'consumer'], 'not the issuer');
    const corrected = await kedgeJson('class', 'metadata', parentId, 'metadata.json');
    expect(await as('consumer').getClass({ classId: BigInt(parentId) })).toMatchObject({
      metadataURI: corrected['metadataURI'],
      integrityHash: corrected['integrityHash'],
    });
    const again = await kedgeJson<Record<string, unknown>>('class', 'metadata', parentId);
    expect(again['metadata']).toEqual({ ...metadata, licence: 'MIT' });
    writeFileSync(join(cwd, 'list.json'), '[]');
    await refused(['class', 'metadata', parentId, 'list.json'], 'must be a JSON object');
  });

  test('P16: class offer-issuer and accept-issuer hand the role over in two steps', async () => {
    const { parentId } = await makeFamily();
    const issuerOf = async () => (await as('consumer').getClass({ classId: BigInt(parentId) })).issuer;
    const offer = ['class', 'offer-issuer', parentId];
    await refused(['class', 'accept-issuer', parentId], 'offered to nobody');
    await refused(offer, 'Either an account', 2);
    expect(await kedgeJson(...offer, 'consumer')).toMatchObject({ pendingIssuer: addressOf('consumer') });
    expect(await issuerOf()).toBe(addressOf('contributor'));
    await kedgeJson(...offer, '--withdraw');
    await refused(['class', 'accept-issuer', parentId], 'offered to nobody');
    await kedgeJson(...offer, 'consumer');
    await refused(['class', 'accept-issuer', parentId, '--account', 'operator'], 'was not offered to the caller');
    expect(await kedgeJson('class', 'accept-issuer', parentId)).toMatchObject({ issuer: addressOf('consumer') });
    expect(await issuerOf()).toBe(addressOf('consumer'));
  });
});

test('P11: claim --to pays another address, for own tokens only', async () => {
  const { parentId } = await makeFamily();
  const { tokenId } = await kedgeJson('mint', parentId, '--share', '10');
  await kedgeJson('settle', parentId, '--amount', '0.5');
  const to = '0x00000000000000000000000000000000000000aa';
  const balance = () => anvil.publicClient.getBalance({ address: to });
  await refused(['claim', '--token', tokenId!, '--account', 'consumer', '--to', to], 'is not yours');
  expect(await balance()).toBe(0n);
  const own = await kedgeJson<{ paid: { to: string }[] }>('claim', '--account', 'contributor', '--to', to);
  expect(own.paid).toHaveLength(1);
  expect(own.paid.every((payment) => isSameAddress(payment.to as `0x${string}`, to))).toBe(true);
  expect(await balance()).toBe(5n * 10n ** 17n);
  expect((await as('consumer').getToken({ tokenId: BigInt(tokenId!) })).pendingRevenue).toBe(0n);
});

describe('token refund', () => {
  const price = { numerator: 10n ** 12n, denominator: 1n };

  test('R4: gives back what was paid for units that are neither spent nor locked', async () => {
    const args = ['--name', 'Agent', '--policy', 'policy.json', '--sell', '5000'];
    const { classId } = await kedgeJson('class', 'create', ...args);
    const bought = await kedge('buy', classId!, '100');
    const [tokenId] = /\d{15,}/.exec(bought.stdout)!;
    expect(bought.stdout).toContain(`refund   what is not used, at the same price: kedge token refund ${tokenId}`);
    const some = await kedgeJson('token', 'refund', tokenId, '40');
    expect(some).toMatchObject({ units: '40000', amount: String(40_000n * price.numerator), value: '60000' });
    await refused(['token', 'refund', tokenId, '61'], 'less value than asked for');
    await refused(['token', 'refund', tokenId, '0'], 'above 0', 2);
    await refused(['token', 'refund', tokenId, '--account', 'operator'], 'may not act on the token');
    const to = '0x00000000000000000000000000000000000000bb';
    expect(await kedgeJson('token', 'refund', tokenId, '--to', to)).toMatchObject({ units: '60000', value: '0' });
    expect(await anvil.publicClient.getBalance({ address: to })).toBe(60_000n * price.numerator);
    await refused(['token', 'refund', tokenId], 'no units that could be refunded');
    const { tokenId: free } = await kedgeJson('mint', classId!, '--value', '5', '--to', 'consumer');
    await refused(['token', 'refund', free!], 'nobody paid for its units');
  });

  test('P33: says which term stands against it, and pays what expired where the lot does', async () => {
    const { classId } = await kedgeJson('class', 'create', '--name', 'Agent', '--policy', 'policy.json');
    const operator = as('operator');
    const { timestamp } = await anvil.publicClient.getBlock();
    const expireAt = timestamp + 3_600n;
    const tokenIds: string[] = [];
    const texts: string[] = [];
    for (const expiredToClass of [false, true]) {
      const terms = { classId: BigInt(classId!), price, operatorBps: 0, refundable: false, expiredToClass };
      const { lot } = await operator.createLot(terms);
      await operator.openListing({ classId: BigInt(classId!), lot, supply: 1_000_000n, expireAt });
      const { stdout } = await kedge('buy', classId!, '1');
      texts.push(/refund +(.*)/.exec(stdout)![1]!);
      tokenIds.push(/\d{15,}/.exec(stdout)![0]);
    }
    const [own, ofClass] = tokenIds as [string, string];
    expect(texts).toEqual([`after expiry what is not used, at the same price: kedge token refund ${own}`, 'none']);
    await refused(['token', 'refund', own], 'Ask again after');
    await refused(['token', 'refund', ofClass], `kedge lot refunds ${classId} 2`);
    await anvil.testClient.increaseTime({ seconds: 3_601 });
    await anvil.testClient.mine({ blocks: 1 });
    expect(await kedgeJson('token', 'refund', own)).toMatchObject({ amount: String(1_000n * price.numerator) });
    await refused(['token', 'refund', ofClass], 'gives what expires to the class');
  });
});
