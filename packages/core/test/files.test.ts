import { describe, expect, test } from 'vitest';
import * as core from '../src/index.js';
import {
  isBackedLot,
  parseChatCompletionRequest,
  parseDeployment,
  parseUpFile,
  splitTokenId,
  tokenIdOf,
  type UpFile,
} from '../src/index.js';
import { address, fc, uint } from './fixture.js';

const [one] = fc.sample(address, { numRuns: 1, seed: 1 });
const deployment = {
  chainId: 31337,
  contracts: {
    DataAnchoringToken: one!,
    DataAnchoringTokenExtension: one!,
    ValueChannels: one!,
    ValueMarket: one!,
  },
};
const up: UpFile = {
  ...deployment,
  rpcUrl: 'http://127.0.0.1:8545',
  gatewayUrl: 'http://127.0.0.1:8402/v1',
  apiKey: 'kedge-key',
  classes: [{ classId: '1', kind: 'dataset', name: 'docs', shareTokenId: '18446744073709551617' }],
  tokenId: '18446744073709551617',
  channelId: `0x${'11'.repeat(32)}`,
  startedAt: 'now',
};

describe('deployment and up.json', () => {
  test('are read, and further fields of up.json are kept', () => {
    expect(parseDeployment(up)).toEqual(deployment);
    expect(parseDeployment({ ...up, firstBlock: 7 })).toEqual({ ...deployment, firstBlock: 7 });
    expect(parseUpFile(JSON.parse(JSON.stringify(up)))).toEqual(up);
  });

  test.each<[string, unknown, string]>([
    ['no chain id', { ...up, chainId: undefined }, 'chainId'],
    ['a missing contract', { ...up, contracts: { ...up.contracts, ValueMarket: undefined } }, 'contracts.ValueMarket'],
    ['a gateway URL without /v1', { ...up, gatewayUrl: 'http://127.0.0.1:8402' }, 'gatewayUrl'],
    ['a URL of a file', { ...up, rpcUrl: 'file:///etc/passwd' }, 'rpcUrl'],
    ['a class id as a number', { ...up, classes: [{ ...up.classes[0], classId: 1 }] }, 'classes.0.classId'],
  ])('%s is refused and named', (_, value, field) => {
    expect(() => parseUpFile(value)).toThrow(
      expect.objectContaining({ code: 'up_file_invalid', message: expect.stringContaining(field) }),
    );
  });

  test('a wrong deployment says how to make one', () => {
    expect(() => parseDeployment({})).toThrow(
      expect.objectContaining({
        code: 'deployment_invalid',
        hints: [expect.stringContaining('kedge deploy --rpc URL')],
      }),
    );
  });
});

describe('token ids', () => {
  test('R1: class, lot and serial survive the round trip', () => {
    fc.assert(
      fc.property(uint(64), uint(32), uint(32), (classId, lot, serial) => {
        const parts = { classId, lot: Number(lot), serial: Number(serial) };
        expect(splitTokenId(tokenIdOf(parts))).toEqual(parts);
      }),
    );
    expect(tokenIdOf({ classId: 1n, lot: 0x80000001, serial: 2 })).toBe((1n << 64n) | (0x80000001n << 32n) | 2n);
    expect(isBackedLot(0x80000001)).toBe(true);
    expect(isBackedLot(0x7fffffff)).toBe(false);
  });

  test.each([
    { classId: 1n << 64n, lot: 1, serial: 1 },
    { classId: -1n, lot: 1, serial: 1 },
    { classId: 1n, lot: 2 ** 32, serial: 1 },
    { classId: 1n, lot: 1, serial: 1.5 },
  ])('%o is refused', (parts) => {
    expect(() => tokenIdOf(parts)).toThrow(expect.objectContaining({ code: 'token_id_invalid' }));
  });

  test.each([-1n, 1n << 128n])('%s is no token id', (tokenId) => {
    expect(() => splitTokenId(tokenId)).toThrow(expect.objectContaining({ code: 'token_id_invalid' }));
  });
});

describe('chat completion requests', () => {
  test('what is not read passes through unchanged', () => {
    const request = {
      model: 'm',
      messages: [
        { role: 'user', content: 'hi', name: 'x' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] },
        { role: 'assistant', content: null, tool_calls: [{ id: 'a' }] },
      ],
      stream: true,
      stream_options: { include_usage: true, extra: 1 },
      n: 2,
      temperature: 0.5,
      tools: [],
    };
    expect(parseChatCompletionRequest(request)).toEqual(request);
  });

  test.each<[string, unknown, string]>([
    ['no messages', { model: 'm', messages: [] }, 'messages'],
    ['no model', { messages: [{ role: 'user', content: '' }] }, 'model'],
    ['n of zero', { model: 'm', messages: [{ role: 'user', content: '' }], n: 0 }, 'n:'],
    ['a limit with a fraction', { model: 'm', messages: [{ role: 'user' }], max_tokens: 1.5 }, 'max_tokens'],
    ['a text', 'hello', '(root)'],
  ])('%s is a 400 that names the field', (_, value, field) => {
    expect(() => parseChatCompletionRequest(value)).toThrow(
      expect.objectContaining({ status: 400, code: 'request_invalid', message: expect.stringContaining(field) }),
    );
  });
});

test('core exports what it promises', () => {
  expect(Object.keys(core).toSorted()).toMatchSnapshot();
});
