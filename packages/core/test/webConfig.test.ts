import { expect, test } from 'vitest';
import { parseWebConfig } from '../src/index.js';

const contract = (digit: string) => `0x${digit.repeat(40)}`;
const config = {
  chainId: 31337,
  contracts: {
    DataAnchoringToken: contract('1'),
    DataAnchoringTokenExtension: contract('2'),
    ValueChannels: contract('3'),
    ValueMarket: contract('4'),
  },
  rpcUrl: 'http://127.0.0.1:8545',
};

test('a page needs a chain and contracts; the rest may be left out', () => {
  expect(parseWebConfig(config)).toEqual(config);
  expect(parseWebConfig({ ...config, gatewayUrl: '/v1', indexerUrl: 'https://indexer.example' })).toMatchObject({
    gatewayUrl: '/v1',
  });
});

test.each([
  ['rpcUrl', { ...config, rpcUrl: 'javascript:alert(1)' }],
  ['indexerUrl', { ...config, indexerUrl: 'indexer' }],
  ['contracts', { ...config, contracts: {} }],
  ['developmentAccounts', { ...config, developmentAccounts: { consumer: '0x12' } }],
])('a wrong %s is named', (field, value) => {
  expect(() => parseWebConfig(value)).toThrow(
    expect.objectContaining({ code: 'web_config_invalid', message: expect.stringContaining(field) }),
  );
});
