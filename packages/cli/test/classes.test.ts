import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { dataAnchoringTokenAbi, isSameAddress, zeroAddress, type Deployment } from '@kedge/core';
import { createKedgeClient, type KedgeClient } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles, type Role } from '../src/accounts/roles.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { buildCli, runInProcess, runJson, runKedge, temporaryFolder } from './kedge.js';

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
  buildCli();
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
  test('class create takes a policy and a parent, and puts units on sale', async () => {
    const parent = await kedgeJson('class', 'create', '--kind', 'dataset', '--name', 'Data');
    const terms = ['--policy', 'policy.json', '--parent', `${parent['classId']}:3000`, '--sell', '5000', '--dilutable'];
    const created = await kedgeJson('class', 'create', '--name', 'Agent', ...terms);
    expect(created).toMatchObject({ kind: 'agent', lot: 1, supply: '5000000' });
    const { issuer, parents, policy } = await as('consumer').getClass({ classId: BigInt(created['classId']!) });
    expect(issuer).toBe(addressOf('operator'));
    expect(parents).toMatchObject([{ classId: BigInt(parent['classId']!), royaltyBps: 3000 }]);
    expect(policy.hash).toBe(created['policyHash']);
  });

  test('class create binds units to their expiry, and frees shares of theirs (P21, P22)', async () => {
    const options = ['--value-keeps-expiry', '--shares-outlive-expiry'];
    const { classId } = await kedgeJson('class', 'create', '--name', 'Months', ...options);
    const bound = await anvil.publicClient.readContract({
      address: deployment.contracts.DataAnchoringToken,
      abi: dataAnchoringTokenAbi,
      functionName: 'classOptions',
      args: [BigInt(classId!)],
    });
    expect(bound).toMatchObject({ valueKeepsExpiry: true, sharesOutliveExpiry: true, nonTransferable: false });
  });

  test('class sale-royalty sets what resales are asked for, and refuses more than a tenth', async () => {
    const { childId } = await makeFamily();
    expect(await kedgeJson<Record<string, unknown>>('class', 'sale-royalty', childId, '250')).toMatchObject({
      royaltyBps: '250',
    });
    await refused(['class', 'sale-royalty', childId, '1001'], 'more than 1000', 2);
    // The contract would take it for no royalty at all.
    await refused(['class', 'sale-royalty', childId, '250', '--to', zeroAddress], '--to is the zero address', 2);
    expect(await kedgeJson<Record<string, unknown>>('class', 'sale-royalty', childId, '0')).toMatchObject({
      receiver: zeroAddress,
    });
  });

  test('R19: class accept-child marks the edge as its parent’s issuer, and names what is no edge', async () => {
    const { parentId, childId } = await makeFamily();
    await refused(['class', 'accept-child', childId, parentId], 'does not name class');
    await refused(['class', 'accept-child', parentId, childId, '--account', 'operator'], "key of the parent's issuer");
    expect(await kedgeJson('class', 'accept-child', parentId, childId)).toMatchObject({ accepted: true });
    const { parents } = await as('consumer').getClass({ classId: BigInt(childId) });
    expect(parents).toMatchObject([{ accepted: true }]);
  });

  test('R19: claim brings a contributor what is due two levels down, and touches no edge that brings it nothing', async () => {
    const { parentId, childId } = await makeFamily();
    const agent = await kedgeJson('class', 'create', '--name', 'Over the agent', '--parent', `${childId}:5000`);
    const citing = await kedgeJson('class', 'create', '--name', 'Cites it', '--parent', `${childId}:0`);
    const own = await kedgeJson('class', 'create', '--name', 'Another', '--kind', 'dataset');
    const beside = await kedgeJson('class', 'create', '--name', 'Beside', '--parent', `${own['classId']}:5000`);
    const { tokenId } = await kedgeJson('mint', parentId, '--share', '1', '--to', 'consumer');
    for (const made of [agent, citing, beside]) {
      await kedgeJson('mint', made['classId']!, '--share', '1', '--to', 'operator');
      await kedgeJson('settle', made['classId']!, '--amount', '1');
    }
    const { paid } = await kedgeJson<{ paid: object[] }>('claim', '--account', 'consumer');
    const tenth = 10n ** 17n;
    expect(paid).toMatchObject([
      { kind: 'royalty', classId: agent['classId'], to: `class ${childId}`, amount: String(5n * tenth) },
      { kind: 'royalty', classId: childId, to: `class ${parentId}`, amount: String((15n * tenth) / 10n) },
      { kind: 'share', tokenId, amount: String((15n * tenth) / 10n) },
    ]);
  });

  test('class create --sell makes no class where its price is in an asset that is not there', async () => {
    const policy = demoPolicy(addressOf('operator'), ['test-model']);
    const price = { ...policy.price, asset: `0x${'ab'.repeat(20)}` };
    writeFileSync(join(cwd, 'no-asset.json'), JSON.stringify({ ...policy, price }));
    const { classId } = await kedgeJson('class', 'create', '--name', 'Before');
    await refused(
      ['class', 'create', '--name', 'Sold', '--policy', 'no-asset.json', '--sell', '10'],
      'where this chain has no token',
      2,
    );
    const after = await kedgeJson('class', 'create', '--name', 'After');
    expect(BigInt(after['classId']!)).toBe(BigInt(classId!) + 1n);
  });

  test('P21: status gives a share that outlives the expiry of its token none, and any other share that one', async () => {
    const expiring = async (...options: string[]): Promise<string> => {
      const { classId } = await kedgeJson('class', 'create', '--name', 'Months', ...options);
      return (await kedgeJson('mint', classId!, '--share', '1', '--value', '5', '--expires', '2033-05-18'))['tokenId']!;
    };
    const [outliving, ending] = [await expiring('--shares-outlive-expiry'), await expiring()];
    const { tokens } = await kedgeJson<{ tokens: Record<string, string>[] }>('status');
    const expiriesOf = (id: string): (string | undefined)[] => {
      const token = tokens.find(({ tokenId }) => tokenId === id);
      return [token?.['expireAt'], token?.['shareExpireAt']];
    };
    const { expireAt } = await as('consumer').getToken({ tokenId: BigInt(ending) });
    expect(expiriesOf(ending)).toEqual([String(expireAt), String(expireAt)]);
    expect(expiriesOf(outliving)).toEqual([expect.stringMatching(/^[1-9]/), '0']);
    const shown = (await kedge('status')).stdout;
    const date = new Date(Number(expireAt) * 1000).toISOString().slice(0, 10);
    const rowsOf = (id: string): string[] => shown.split('\n').filter((row) => row.trim().startsWith(`${id} `));
    const endings = (id: string): (string | undefined)[] => rowsOf(id).map((row) => row.split(' ').at(-1));
    expect([endings(outliving), endings(ending)]).toEqual([
      [date, 'never'],
      [date, date],
    ]);
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

  test('class metadata with what is there already says so, and sends nothing', async () => {
    const { parentId } = await makeFamily();
    const { stdout } = await kedge('class', 'metadata', parentId);
    writeFileSync(join(cwd, 'same.json'), stdout);
    const before = await anvil.publicClient.getBlockNumber({ cacheTime: 0 });
    const { metadataURI } = await as('consumer').getClass({ classId: BigInt(parentId) });
    const same = { classId: parentId, metadataURI, before: metadataURI, transactionHash: null };
    expect(await kedgeJson('class', 'metadata', parentId, 'same.json')).toMatchObject(same);
    const ran = await kedge('class', 'metadata', parentId, 'same.json');
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('already: nothing was sent')]);
    expect(await anvil.publicClient.getBlockNumber({ cacheTime: 0 })).toBe(before);
  });

  test('class metadata shows nothing that has another hash than the one on chain', async () => {
    const { parentId } = await makeFamily();
    const { metadataURI } = await as('consumer').getClass({ classId: BigInt(parentId) });
    const integrityHash = `0x${'ab'.repeat(32)}` as const;
    const { classId } = await as('consumer').createClass({ kind: 'dataset', metadataURI, integrityHash });
    await refused(['class', 'metadata', String(classId)], 'not what the chain has the hash of');
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

describe('share caps', () => {
  const sharesOf = async (classId: string) => (await as('consumer').getClass({ classId: BigInt(classId) })).options;
  const capOf = async (classId: string) => (await sharesOf(classId)).shareCap;

  test('R23: kedge anchor fixes the cap at the weight that it mints, or at 10,000', async () => {
    writeFileSync(join(cwd, 'data.txt'), 'some data');
    const minted = await kedgeJson('anchor', 'data.txt', '--share', '1000', '--out', 'minted.json');
    expect(minted).toMatchObject({ shareCap: '1000', shareTokenId: expect.any(String) });
    expect(await capOf(minted['classId']!)).toBe(1_000n);
    await refused(['mint', minted['classId']!, '--share', '1'], 'above the cap');
    // What comes next is said so that it works.
    const small = await kedge('class', 'create', '--name', 'Small', '--share-cap', '5');
    expect(small.stdout).toMatch(/^next: kedge mint \d+ --share 5 --rpc http\S+ --contracts contracts.json$/m);
    // The whole is divided by its holder, not by minting.
    const parts = ['--part', '0:700', '--part', '0:300:consumer'];
    await kedgeJson('token', 'split', minted['shareTokenId']!, ...parts);
    const unminted = await kedgeJson('anchor', 'data.txt', '--out', 'unminted.json');
    expect(await capOf(unminted['classId']!)).toBe(10_000n);
    await kedgeJson('mint', unminted['classId']!, '--share', '10000');
    await refused(['mint', unminted['classId']!, '--share', '1'], 'above the cap');
    const { classId } = await kedgeJson('anchor', 'data.txt', '--share', '5', '--share-cap', '8', '--out', 'more.json');
    expect(await capOf(classId!)).toBe(8n);
    const args = ['anchor', 'data.txt', '--out', 'none.json'];
    await refused([...args, '--share', '9', '--share-cap', '8'], 'above --share-cap', 2);
    await refused([...args, '--dilutable', '--share-cap', '8'], 'either capped or dilutable', 2);
    await refused([...args, '--share-cap', '0'], 'pass --dilutable', 2);
    await refused([...args, '--no-chain', '--dilutable'], 'need the chain', 2);
  });

  test('R23: class create fixes one, too, and only --dilutable leaves it out', async () => {
    const made = await kedge('class', 'create', '--name', 'Capped');
    expect(made.stdout).toMatch(/shares +weights of 10,000 in all at most/);
    const { classId } = await kedgeJson('class', 'create', '--name', 'Own', '--share-cap', '7');
    expect(await capOf(classId!)).toBe(7n);
    const free = await kedgeJson('class', 'create', '--name', 'Free', '--dilutable');
    expect(free).toMatchObject({ shareCap: '0' });
    expect(await capOf(free['classId']!)).toBe(0n);
    await kedgeJson('mint', free['classId']!, '--share', '4294967295');
  });

  test('R23: kedge status shows the cap, and a class without one as dilutable unless its shares are frozen', async () => {
    const capped = await kedgeJson('class', 'create', '--name', 'Shown capped', '--share-cap', '12');
    const free = await kedgeJson('class', 'create', '--name', 'Shown free', '--dilutable');
    const frozen = await as('operator').createClass({
      kind: 'agent',
      metadataURI: 'ipfs://f',
      integrityHash: `0x${'ab'.repeat(32)}`,
      options: { sharesFrozenFrom: (await anvil.publicClient.getBlock()).timestamp + 5n },
    });
    await anvil.testClient.increaseTime({ seconds: 10 });
    await anvil.testClient.mine({ blocks: 1 });
    const { stdout } = await kedge('status');
    const rowOf = (classId: unknown) =>
      stdout.split('\n').find((line) => new RegExp(`^ +${classId} +agent`).test(line));
    expect(rowOf(capped['classId'])).toMatch(/ 0 +12 +-$/);
    expect(rowOf(free['classId'])).toMatch(/ 0 +dilutable +-$/);
    expect(rowOf(frozen.classId)).toMatch(/ 0 +frozen +-$/);
    const { classes } = await kedgeJson<{ classes: { classId: string; dilutable: boolean }[] }>('status');
    const dilutable = (classId: unknown) => classes.find((each) => each.classId === String(classId))?.dilutable;
    const shown = [capped['classId'], free['classId'], frozen.classId].map(dilutable);
    expect(shown).toEqual([false, true, false]);
  });
});

describe('an anchoring that fails', () => {
  const manifestOf = (name: string) => JSON.parse(readFileSync(join(cwd, name), 'utf8')) as Record<string, string>;

  test('what the chain would refuse is found before the data is read, and leaves nothing behind', async () => {
    writeFileSync(join(cwd, 'early.txt'), 'read late');
    await refused(['anchor', 'early.txt', '--parent', '999:3000'], 'no such class');
    expect(existsSync(join(cwd, 'early.txt.kedge.json'))).toBe(false);
    await kedgeJson('anchor', 'early.txt', '--parent', '1:3000');
    expect(manifestOf('early.txt.kedge.json')['classId']).toEqual(expect.any(String));
  });

  test('an account that cannot pay is found before, too', async () => {
    const key = `0x${'11'.repeat(32)}`;
    const args = ['anchor', 'early.txt', '--out', 'poor.json', '--account', 'poor', ...chain];
    const poor = await runKedge(args, { cwd, environment: { KEDGE_POOR_PRIVATE_KEY: key } });
    expect([poor.code, poor.stderr]).toEqual([1, expect.stringContaining('cannot pay')]);
    expect(existsSync(join(cwd, 'poor.json'))).toBe(false);
  });

  test('it is repeated over its own manifest, while that has no class and the content is the same', async () => {
    writeFileSync(join(cwd, 'again.txt'), 'the same');
    const args = ['anchor', 'again.txt', '--out', 'again.json'];
    await runJson([...args, '--no-chain'], { cwd });
    expect(manifestOf('again.json')['classId']).toBeUndefined();
    writeFileSync(join(cwd, 'again.txt'), 'another');
    await refused(args, 'manifest of other content');
    writeFileSync(join(cwd, 'again.txt'), 'the same');
    const { classId } = await kedgeJson(...args);
    expect(manifestOf('again.json')).toMatchObject({ classId });
    await refused(args, 'the only one of its class');
  });

  test('one that was cut off after its transaction makes no second class', async () => {
    writeFileSync(join(cwd, 'cut.txt'), 'cut off');
    const args = ['anchor', 'cut.txt', '--out', 'cut.json'];
    const { classId } = await kedgeJson(...args);
    const { classId: _, chainId: __, contract: ___, ...unbound } = manifestOf('cut.json');
    writeFileSync(join(cwd, 'cut.json'), JSON.stringify(unbound));
    await refused(args, `Class ${classId} was created from that manifest already`);
    expect(manifestOf('cut.json')).toMatchObject({ classId });
  });

  test('where only the share fails, class and manifest are kept and named', async () => {
    writeFileSync(join(cwd, 'share.txt'), 'half');
    const proxy = await refuseSecondTransaction();
    const args = ['anchor', 'share.txt', '--share', '100', '--rpc', proxy.url, '--contracts', 'contracts.json'];
    const failed = await runInProcess(args, { cwd }).finally(proxy.close);
    const { classId } = manifestOf('share.txt.kedge.json');
    expect([failed.code, failed.stderr]).toEqual([
      1,
      expect.stringContaining(`Class ${classId} is created, but not its share.`),
    ]);
    expect(failed.stderr).toContain(`kedge mint ${classId} --share 100`);
    await kedgeJson('mint', classId!, '--share', '100');
  });
});

/** The chain's RPC, which takes one transaction and no more. */
async function refuseSecondTransaction() {
  let sent = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', async () => {
        const body = Buffer.concat(chunks).toString();
        response.setHeader('content-type', 'application/json');
        if (body.includes('eth_sendRawTransaction') && ++sent > 1) {
          const { id } = JSON.parse(body) as { id: number };
          response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message: 'the pool is full' } }));
          return;
        }
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(anvil.rpcUrl, { method: 'POST', headers, body });
        response.end(await answer.text());
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

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

  test('takes no units for which nothing would be paid, and says how many bring something', async () => {
    const { classId } = await kedgeJson('class', 'create', '--name', 'Cheap', '--policy', 'policy.json');
    const id = BigInt(classId!);
    const terms = { operatorBps: 0, refundable: true, expiredToClass: false };
    const { lot } = await as('operator').createLot({
      classId: id,
      price: { numerator: 1n, denominator: 2_500n },
      ...terms,
    });
    await as('operator').openListing({ classId: id, lot, supply: 1_000_000n, expireAt: 0n });
    const { tokenId } = await kedgeJson('buy', classId!, '10');
    await refused(['token', 'refund', tokenId!, '2.499'], 'Refund 2.5 units at least');
    expect(await kedgeJson('token', 'refund', tokenId!, '2.5')).toMatchObject({ amount: '1', value: '7500' });
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
    const again = `kedge token refund ${own} ${chain.join(' ')}`;
    expect(texts).toEqual([`after expiry what is not used, at the same price: ${again}`, 'none']);
    await refused(['token', 'refund', own], 'Ask again after');
    await refused(['token', 'refund', ofClass], `kedge lot refunds ${classId} 2`);
    await anvil.testClient.increaseTime({ seconds: 3_601 });
    await anvil.testClient.mine({ blocks: 1 });
    expect(await kedgeJson('token', 'refund', own)).toMatchObject({ amount: String(1_000n * price.numerator) });
    await refused(['token', 'refund', ofClass], 'gives what expires to the class');
  });
});
