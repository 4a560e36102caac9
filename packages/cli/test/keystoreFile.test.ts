import { randomBytes } from 'node:crypto';
import { privateKeyToAddress } from 'viem/accounts';
import { expect, test } from 'vitest';
import { decryptKeystoreFile, encryptKeystoreFile, parseKeystoreFile } from '../src/accounts/keystoreFile.js';

// The scrypt test vector of the Web3 Secret Storage definition.
const vector = `{
  "crypto": {
    "cipher": "aes-128-ctr",
    "cipherparams": { "iv": "83dbcc02d8ccb40e466191a123791e0e" },
    "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
    "kdf": "scrypt",
    "kdfparams": {
      "dklen": 32, "n": 262144, "r": 1, "p": 8,
      "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
    },
    "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"
  },
  "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  "version": 3
}`;
const secret = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const cheap = { n: 1024, r: 8, p: 1 };

test('the scrypt vector of the Web3 Secret Storage definition opens', async () => {
  expect(await decryptKeystoreFile(parseKeystoreFile(vector, 'vector'), 'testpassword')).toBe(secret);
});

test('a wrong password is told from a damaged file', async () => {
  const random = { salt: randomBytes(32), iv: randomBytes(16), id: 'a' };
  const file = await encryptKeystoreFile(secret, privateKeyToAddress(secret), 'correct horse', random, cheap);
  await expect(decryptKeystoreFile(file, 'correct house')).rejects.toMatchObject({ code: 'wrong_password' });
  expect(await decryptKeystoreFile(parseKeystoreFile(JSON.stringify(file), 'own'), 'correct horse')).toBe(secret);
  expect(() => parseKeystoreFile('{"version":3}', 'x.json')).toThrow('x.json');
  expect(() => parseKeystoreFile('not json', 'x.json')).toThrow('x.json');
});

test('a file that asks for more memory than a wallet would is refused before it is derived', () => {
  expect(() => parseKeystoreFile(vector.replace('262144', '1073741824'), 'big.json')).toThrow('n');
});
