import { formatUnits } from '@kedge/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roleAccount } from '../src/accounts/resolveAccount.js';
import { startAgentClass, type AgentClass } from './agentClass.js';
import { runInProcess } from './kedge.js';

// What the holder of a token does with it, and what its issuer may.
let cwd: AgentClass['cwd'];
let anvil: AgentClass['anvil'];
let chain: AgentClass['chain'];
let client: AgentClass['client'];
let kedge: AgentClass['kedge'];
let kedgeJson: AgentClass['kedgeJson'];
/** A token that was bought, which the tests leave as it is. */
let boughtId: string;

beforeAll(async () => {
  ({ cwd, anvil, chain, client, kedge, kedgeJson } = await startAgentClass());
});
afterAll(() => anvil.stop());

test('mint makes a share with the key of the issuer', async () => {
  const minted = await kedgeJson('mint', '2', '--share', '1000');
  expect(await client.getToken({ tokenId: BigInt(minted['tokenId']!) })).toMatchObject({
    holder: developmentAccount('operator').address,
    shareRatio: 1000n,
  });
});

test('buy pays exactly the price of the lot', async () => {
  const bought = await kedgeJson<Record<string, string>>('buy', '2', '1000');
  expect(bought).toMatchObject({ units: '1000000', cost: String(10n ** 18n) });
  boughtId = bought['tokenId']!;
  expect((await client.getToken({ tokenId: BigInt(boughtId) })).value).toBe(1_000_000n);
  const dear = await kedge('buy', '2', '10', '--max-cost', '0.009');
  expect([dear.code, dear.stderr]).toEqual([1, expect.stringContaining('0.01 ETH for 10 units is above')]);
});

test('token split, merge, top-up and burn move, add and destroy units; retire ends a share (P27, R22)', async () => {
  const value = async (tokenId: string) => (await client.getToken({ tokenId: BigInt(tokenId) })).value;
  const { tokenId } = await kedgeJson<Record<string, string>>('buy', '2', '10');
  const { tokenId: given } = await kedgeJson<Record<string, string>>('buy', '2', '1', '--to', 'contributor');
  expect((await client.getToken({ tokenId: BigInt(given!) })).holder).toBe(roleAccount('contributor').account.address);
  const part = ['--part', '2', '--part', '3:0:contributor'];
  const { parts } = await kedgeJson<{ parts: { tokenId: string; to: string }[] }>('token', 'split', tokenId!, ...part);
  expect(parts).toMatchObject([
    { units: '2000', to: roleAccount('consumer').account.address },
    { units: '3000', to: roleAccount('contributor').account.address },
  ]);
  expect(await kedgeJson('token', 'merge', tokenId!, parts[0]!.tokenId)).toMatchObject({
    units: '2000',
    value: '7000',
  });
  const topped = await kedgeJson('token', 'top-up', tokenId!, '1');
  expect(topped).toMatchObject({ value: '8000', cost: String(10n ** 15n) });
  const dear = await kedge('token', 'top-up', tokenId!, '1', '--max-cost', '0.0001');
  expect([dear.code, dear.stderr]).toEqual([1, expect.stringContaining('0.001 ETH for 1 unit is above the limit')]);
  const burned = await kedgeJson('token', 'burn', tokenId!, '4', '--yes');
  expect(burned).toMatchObject({ value: '4000', revenue: String(4n * 10n ** 15n) });
  expect(await value(tokenId!)).toBe(4_000n);

  const unasked = await kedge('token', 'burn', tokenId!, '1');
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  const burn = (typed: string) => runInProcess(['token', 'burn', tokenId!, '1', ...chain], { cwd, typed });
  const declined = await burn('no\n');
  expect([declined.code, declined.stderr]).toEqual([
    1,
    expect.stringContaining(`Destroy 1 unit of the 4 that token ${tokenId} has? This cannot be undone. [y/N]`),
  ]);
  for (const silence of ['', '\n']) expect((await burn(silence)).stderr).toContain('Not confirmed');
  expect(await value(tokenId!)).toBe(4_000n);
  expect(await burn('y\n')).toMatchObject({ code: 0 });
  expect(await value(tokenId!)).toBe(3_000n);

  const { tokenId: shareId } = await kedgeJson<Record<string, string>>(
    'mint',
    '2',
    '--share',
    '1000',
    '--to',
    'consumer',
  );
  expect(await kedgeJson('token', 'retire', shareId!, '--yes')).toMatchObject({ share: '1000', totalShare: '2000' });
  const again = await runInProcess(['token', 'retire', shareId!, ...chain], { cwd, typed: 'yes\n' });
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('no active share')]);
});

test('P23: token transfer pays what was earned to who gives it away, or leaves it to the new holder', async () => {
  const share = ['mint', '2', '--share', '1000000', '--to', 'consumer'];
  const { tokenId } = await kedgeJson<Record<string, string>>(...share);
  const holder = async () => (await client.getToken({ tokenId: BigInt(tokenId!) })).holder;
  const earn = async () => {
    await kedgeJson('settle', '2', '--amount', '0.01');
    return (await client.getToken({ tokenId: BigInt(tokenId!) })).pendingRevenue;
  };
  const earned = await earn();
  expect(earned).toBeGreaterThan(0n);
  const moved = await kedgeJson<Record<string, unknown>>('token', 'transfer', tokenId!, 'contributor');
  expect(moved).toMatchObject({ paid: [{ amount: String(earned) }] });
  expect(await holder()).toBe(roleAccount('contributor').account.address);
  const second = await earn();
  const back = await kedgeJson<Record<string, unknown>>('token', 'transfer', tokenId!, 'consumer', '--with-revenue');
  expect(back).toMatchObject({ paid: [] });
  expect(await client.getToken({ tokenId: BigInt(tokenId!) })).toMatchObject({ pendingRevenue: second });
  const stranger = await kedge('token', 'transfer', tokenId!, 'operator', '--account', 'operator');
  expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('belongs to another account')]);
});

test('R30: token transfer goes with what was agreed to at least, or does nothing', async () => {
  const minted = ['mint', '2', '--share', '1000000', '--value', '5', '--to', 'consumer'];
  const { tokenId } = await kedgeJson<Record<string, string>>(...minted);
  await kedgeJson('settle', '2', '--amount', '0.01');
  const { pendingRevenue: earned } = await client.getToken({ tokenId: BigInt(tokenId!) });
  expect(earned).toBeGreaterThan(0n);
  const give = ['token', 'transfer', tokenId!, 'contributor'];
  const units = await kedge(...give, '--min-value', '6');
  expect([units.code, units.stderr]).toEqual([1, expect.stringContaining('less value than was agreed to')]);
  const revenue = await kedge(...give, '--min-value', '5', '--min-pending', formatUnits(earned + 1n, 18));
  expect([revenue.code, revenue.stderr]).toEqual([1, expect.stringContaining('DATLessPending')]);
  const wrong = await kedge(...give, '--min-pending', '1:ETH:2');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('<amount[:asset]>')]);
  const agreed = ['--min-value', '5', '--min-pending', `${formatUnits(earned, 18)}:ETH`];
  expect(await kedgeJson<Record<string, unknown>>(...give, ...agreed)).toMatchObject({ paid: [] });
  const holder = roleAccount('contributor').account.address;
  expect(await client.getToken({ tokenId: BigInt(tokenId!) })).toMatchObject({ holder, pendingRevenue: earned });
});

test('token renew extends value, and offers and accepts a share (P27, R22)', async () => {
  const later = 2_000_000_000n;
  const minted = await kedgeJson<Record<string, string>>('mint', '2', '--value', '1', '--expires', '30d');
  expect(await kedgeJson('token', 'renew', minted['tokenId']!, String(later))).toMatchObject({ offered: false });
  expect((await client.getToken({ tokenId: BigInt(minted['tokenId']!) })).expireAt).toBe(later);
  const earlier = await kedge('token', 'renew', minted['tokenId']!, '31d');
  expect([earlier.code, earlier.stderr]).toEqual([
    1,
    expect.stringContaining('is valid until 2033-05-18T03:33:20Z as'),
  ]);
  const { tokenId: endlessId } = await kedgeJson('mint', '2', '--value', '1');
  const endless = await kedge('token', 'renew', endlessId!, '31d');
  expect([endless.code, endless.stderr]).toEqual([1, expect.stringContaining('never expires')]);
  const share = ['mint', '2', '--share', '7', '--expires', '30d', '--to', 'consumer'];
  const { tokenId } = await kedgeJson<Record<string, string>>(...share);
  const early = await kedge('token', 'renew', tokenId!, String(later), '--accept');
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('did not offer')]);
  expect(await kedgeJson('token', 'renew', tokenId!, String(later))).toMatchObject({ offered: true });
  const taken = await kedgeJson<Record<string, string>>('token', 'renew', tokenId!, String(later), '--accept');
  expect(await client.getToken({ tokenId: BigInt(taken['newTokenId']!) })).toMatchObject({
    shareRatio: 7n,
    expireAt: later,
    holder: roleAccount('consumer').account.address,
  });
  const sold = await kedgeJson<Record<string, string>>('buy', '2', '1');
  const refused = await kedge('token', 'renew', sold['tokenId']!, String(later));
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('was sold by ValueMarket')]);
});

test('token revoke announces, hears an appeal and carries out, where the class said so (P27)', async () => {
  const options = ['--appeal-window', '1d', '--non-transferable', '--share-cap', '10'];
  const { classId } = await kedgeJson<Record<string, string>>('class', 'create', '--name', 'Passes', ...options);
  const { tokenId } = await kedgeJson<Record<string, string>>('mint', classId!, '--value', '5', '--to', 'consumer');
  const refused = await kedge('mint', classId!, '--share', '11');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('above the cap')]);
  const safe = await kedge('token', 'revoke', boughtId, '--reason', 'none');
  expect([safe.code, safe.stderr]).toEqual([1, expect.stringContaining('appeal window')]);
  await kedgeJson('token', 'revoke', tokenId!, '--reason', 'leaked');
  await kedgeJson('token', 'appeal', tokenId!, 'no');
  const early = await kedge('token', 'revoke', tokenId!);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('still open')]);
  await kedgeJson('token', 'revoke', tokenId!, '--withdraw');
  await kedgeJson('token', 'revoke', tokenId!, '--reason', 'leaked');
  await anvil.testClient.increaseTime({ seconds: 86_400 });
  await anvil.testClient.mine({ blocks: 1 });
  expect(await kedgeJson('token', 'revoke', tokenId!)).toMatchObject({ units: '5', share: '0', amount: '0' });
});

test('who is to lose a token reads of it in kedge status, and gets back what was paid for it', async () => {
  const create = ['class', 'create', '--name', 'Sold passes', '--policy', 'policy.json', '--sell', '10'];
  const { classId } = await kedgeJson(...create, '--appeal-window', '1d', '--account', 'operator');
  const { tokenId } = await kedgeJson('buy', classId!, '5');
  await kedgeJson('token', 'revoke', tokenId!, '--reason', 'an error');
  await kedgeJson('token', 'revoke', tokenId!, '--withdraw');
  type Seen = { revocations: { tokenId: string }[]; owed: { account: string; amount: string }[] };
  const seen = async () => kedgeJson<Seen>('status');
  expect((await seen()).revocations).toEqual([]);
  const { effectiveAt } = await kedgeJson('token', 'revoke', tokenId!, '--reason', 'leaked');
  const announced = { tokenId, holder: roleAccount('consumer').account.address, effectiveAt, reason: 'leaked' };
  expect((await seen()).revocations).toEqual([{ ...announced, appealed: false }]);
  const { effectiveAt: later } = await kedgeJson('token', 'appeal', tokenId!, 'no');
  expect((await seen()).revocations).toEqual([{ ...announced, effectiveAt: later, appealed: true }]);
  expect((await kedge('status')).stdout).toContain('appealed   leaked');

  await anvil.testClient.increaseTime({ seconds: 86_401 });
  await anvil.testClient.mine({ blocks: 1 });
  const { stdout } = await kedge('token', 'revoke', tokenId!);
  expect(stdout).toContain(`owed to ${announced.holder}  0.005 ETH`);
  expect(await seen()).toMatchObject({
    revocations: [],
    owed: [{ account: announced.holder, amount: String(5n * 10n ** 15n) }],
  });
  expect((await kedge('claim', '--account', 'consumer')).stdout).toContain('0.005 ETH  owed, to consumer');
  expect((await seen()).owed).toEqual([]);
});

test('buy takes the step of a schedule that is sold now, and says of another lot what it sells', async () => {
  const planned = ['class', 'create', '--name', 'Planned', '--policy', 'policy.json', '--account', 'operator'];
  const classId = BigInt((await kedgeJson(...planned))['classId']!);
  const newLot = async (numerator: bigint): Promise<number> => {
    const price = { numerator, denominator: 1n };
    const seller = client.deployment.contracts.ValuePlans!;
    return (await client.createLot({ classId, price, operatorBps: 0, refundable: true, seller })).lot;
  };
  const pass = await newLot(10n);
  const plan = { supply: 8_000n, minUnits: 4_000n, exact: true, duration: 30 * 86_400 };
  await client.openPlan({ classId, lot: pass, ...plan });
  const firstLot = await newLot(1_000n);
  for (const price of [2_000n, 3_000n]) await newLot(price);
  await client.openSchedule({ classId, firstLot, steps: 3, supply: 2_000n });

  const buy = (...more: string[]) => kedgeJson<{ lot: number; cost: string }>('buy', String(classId), ...more);
  expect(await buy('2')).toMatchObject({ lot: 2, cost: '2000000' });
  expect(await buy('1')).toMatchObject({ lot: 3, cost: '2000000' });
  const early = await kedge('buy', String(classId), '1', '--lot', '4');
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('later: lot 3 is sold now')]);
  const part = await kedge('buy', String(classId), '3', '--lot', '1');
  expect([part.code, part.stderr]).toEqual([1, expect.stringContaining('sells 4 units exactly, and 3 units were')]);
  expect(await buy('4', '--lot', '1')).toMatchObject({ lot: 1, cost: '40000' });
  const { stdout } = await kedge('status');
  for (const row of [
    / 1 +4 exactly +30d +never +now\n/,
    / 2 +0.001 at least +for ever +never +out\n/,
    / 3 +0.001 at least +for ever +never +now\n/,
    / 4 .*after lot 3\n/,
  ])
    expect(stdout).toMatch(row);
  for (const lot of ['1', '3']) await kedgeJson('lot', 'close', String(classId), lot);
  expect((await client.getPlan({ classId, lot: pass })).open).toBe(false);
  // What comes after a step that is off sale is not sold either.
  const never = await kedge('buy', String(classId), '1');
  expect([never.code, never.stderr]).toEqual([1, expect.stringContaining('lot 3, which is before it, is off sale')]);
});

test('buy passes over a lot that is sold out', async () => {
  const sold = ['class', 'create', '--name', 'Sold', '--policy', 'policy.json', '--sell', '5', '--account', 'operator'];
  const { classId } = await kedgeJson(...sold);
  await kedgeJson('lot', 'create', classId!, '2');
  for (const lot of [2, 1]) expect(await kedgeJson('buy', classId!, '2')).toMatchObject({ lot });
  await kedgeJson('buy', classId!, '3');
  const none = await kedge('buy', classId!, '1');
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('Lot 2 of class')]);
});
