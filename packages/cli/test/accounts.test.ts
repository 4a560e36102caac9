import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { bytesToHex, zeroAddress } from 'viem';
import { mnemonicToAccount, privateKeyToAddress } from 'viem/accounts';
import { expect, test, vi } from 'vitest';
import { developmentAccount, developmentKey } from '../src/accounts/developmentAccount.js';
import { keystoreDirOf, listKeystore, writeKeystore } from '../src/accounts/keystore.js';
import { privateKeyOf, resolveAccount } from '../src/accounts/resolveAccount.js';
import { developmentMnemonic, roles, type Role } from '../src/accounts/roles.js';
import { createOutput } from '../src/output.js';
import { runInProcess } from './kedge.js';

const key = `0x${'11'.repeat(32)}` as const;
const address = privateKeyToAddress(key);
const silent = createOutput({ json: false, stdout: { write: () => true }, stderr: { write: () => true } });

function context(options: Record<string, string>, environment: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'kedge-keys-'));
  return { options, environment: { KEDGE_KEYSTORE_DIR: dir, ...environment }, stdin: process.stdin, output: silent };
}

test('each role is one account of the development mnemonic', () => {
  expect(
    Object.fromEntries((Object.keys(roles) as Role[]).map((role) => [role, developmentAccount(role).address])),
  ).toEqual({
    deployer: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    contributor: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    operator: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
    consumer: '0x90F79bf6EB2c4f870365E785982E1f101E93b906',
  });
});

test('roles sign on the local chain, are labelled there, and are refused on any other', async () => {
  const signer = await resolveAccount(context({}), 31337, 'consumer');
  expect(signer.label).toBe('consumer 0x90F79bf6EB2c4f870365E785982E1f101E93b906 (development key, public)');
  expect((await resolveAccount(context({ account: 'operator' }), 31337, 'consumer')).role).toBe('operator');
  expect((await resolveAccount(context({}), 31337, signer.account.address)).role).toBe('consumer');
  await expect(resolveAccount(context({ account: 'operator' }), 1, 'consumer')).rejects.toMatchObject({
    code: 'development_key',
  });
  await expect(resolveAccount(context({}), 1, 'consumer')).rejects.toMatchObject({ code: 'no_account' });
});

test('keys come from the environment, by name or alone', async () => {
  const named = await resolveAccount(
    context({ account: 'my-key' }, { KEDGE_MY_KEY_PRIVATE_KEY: key.slice(2) }),
    1,
    'consumer',
  );
  expect(named.account.address).toBe(address);
  expect((await resolveAccount(context({}, { KEDGE_PRIVATE_KEY: key }), 1, 'consumer')).account.address).toBe(address);
});

test('a development key is refused on any other chain, however it is given', async () => {
  const known = developmentKey('operator');
  const named = context({ account: 'operator' }, { KEDGE_OPERATOR_PRIVATE_KEY: known });
  for (const given of [named, context({}, { KEDGE_PRIVATE_KEY: known.slice(2) })]) {
    const refusal = resolveAccount(given, 1, 'consumer');
    await expect(refusal).rejects.toMatchObject({ code: 'development_key' });
    await expect(refusal).rejects.not.toThrow(known.slice(2));
    expect((await resolveAccount(given, 31337, zeroAddress)).account.address).toBe(
      developmentAccount('operator').address,
    );
  }
  await expect(privateKeyOf(named, 1, 'operator')).rejects.toMatchObject({ code: 'development_key' });
});

test('every key that hardhat or anvil prints is refused on any other chain, and the next of the mnemonic is not', async () => {
  const signWith = (addressIndex: number, chainId: number) => {
    const { privateKey } = mnemonicToAccount(developmentMnemonic, { addressIndex }).getHdKey();
    return resolveAccount(context({}, { KEDGE_PRIVATE_KEY: bytesToHex(privateKey!) }), chainId, zeroAddress);
  };
  for (let index = 0; index < 20; index += 1) {
    await expect(signWith(index, 1), `account ${index}`).rejects.toMatchObject({ code: 'development_key' });
  }
  // As both tools print the last of anvil's and of hardhat's.
  expect((await signWith(9, 31337)).account.address).toBe('0xa0Ee7A142d267C1f36714E4a8F75612F20a79720');
  expect((await signWith(19, 31337)).account.address).toBe('0x8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199');
  expect((await signWith(20, 1)).label).toMatch(/^0x/);
});

test('a key on the command line, or one that is none, is refused without being shown', async () => {
  await expect(resolveAccount(context({ account: key }), 1, 'consumer')).rejects.toMatchObject({ code: 'usage' });
  const error = await resolveAccount(context({}, { KEDGE_PRIVATE_KEY: 'secret' }), 1, 'consumer').catch(
    (cause: Error) => cause,
  );
  expect(error).toMatchObject({ code: 'bad_key' });
  expect(String((error as Error).message)).not.toContain('secret');
});

test('a keystore account opens with the password of a file, and is readable by its user only', async () => {
  const passwordFile = join(mkdtempSync(join(tmpdir(), 'kedge-password-')), 'password');
  writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 });
  const asking = context({ account: 'alice' }, { KEDGE_KEYSTORE_PASSWORD_FILE: passwordFile });
  const dir = asking.environment.KEDGE_KEYSTORE_DIR;
  const { path } = await writeKeystore(dir, 'alice', key, 'correct horse');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).not.toContain(key.slice(2));
  expect((await resolveAccount(asking, 1, 'consumer')).account.address).toBe(address);
  await expect(writeKeystore(dir, 'alice', key, 'another one')).rejects.toMatchObject({ code: 'account_exists' });
  const wrong = { ...asking, environment: { KEDGE_KEYSTORE_DIR: dir, KEDGE_KEYSTORE_PASSWORD: 'wrong horse' } };
  await expect(resolveAccount(wrong, 1, 'consumer')).rejects.toMatchObject({ code: 'wrong_password' });
  expect(existsSync(path)).toBe(true);
  expect(readdirSync(dir)).toEqual(['alice.json']);
});

test('a name that is taken is refused before its password is asked for', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'kedge-taken-'));
  await writeKeystore(join(cwd, 'keystore'), 'alice', key, 'correct horse');
  for (const command of ['new', 'import']) {
    const { code, stderr } = await runInProcess(['account', command, 'alice'], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('The keystore already has an account alice.')]);
  }
});

test('a damaged keystore file is listed with what is wrong with it, and hides no other account', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kedge-keystore-'));
  const { path } = await writeKeystore(dir, 'alice', key, 'correct horse');
  writeFileSync(join(dir, 'empty.json'), '');
  const [alice, empty] = await listKeystore(dir);
  expect(alice).toEqual({ name: 'alice', address, path });
  expect(empty).toMatchObject({ name: 'empty', address: undefined, problem: expect.stringContaining('empty.json') });
});

test('with an empty HOME keys still belong to the user, not to the folder that a command runs in', () => {
  vi.stubEnv('HOME', '');
  try {
    expect(keystoreDirOf({ environment: {} })).toBe(join(userInfo().homedir, '.kedge', 'keystore'));
  } finally {
    vi.unstubAllEnvs();
  }
});
