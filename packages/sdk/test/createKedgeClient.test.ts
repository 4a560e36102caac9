import { developmentAccount } from '@kedge/testing';
import * as sdk from '../src/index.js';
import { createPublicClient, createWalletClient, custom, encodeErrorResult, parseAbi } from 'viem';
import { describe, expect, test } from 'vitest';
import { errorAbi } from '../src/errorAbi.js';
import { revertTexts } from '../src/revertTexts.js';

const address = `0x${'11'.repeat(20)}` as const;
const deployment = {
  chainId: 31337,
  contracts: {
    DataAnchoringToken: address,
    DataAnchoringTokenExtension: address,
    ValueChannels: address,
    ValueMarket: address,
  },
};
const transport = custom({ request: () => Promise.reject(new Error('nothing is called')) });
const publicClient = createPublicClient({ transport });

const methods = (client: object) =>
  Object.entries(client)
    .filter(([, value]) => typeof value === 'function')
    .map(([name]) => name);

describe('createKedgeClient', () => {
  test('without a wallet reads only; with one writes too', () => {
    const reads = methods(sdk.createKedgeClient({ publicClient, deployment }));
    const walletClient = createWalletClient({ account: developmentAccount(0), transport });
    const all = methods(sdk.createKedgeClient({ publicClient, walletClient, deployment }));
    expect(reads).toMatchSnapshot();
    expect(all.filter((name) => !reads.includes(name))).toMatchSnapshot();
  });

  test('the package exports what it promises', () => {
    expect(Object.keys(sdk).toSorted()).toMatchSnapshot();
  });
});

describe('readRevert', () => {
  test('every text belongs to an error that the contracts have', () => {
    const names = new Set(errorAbi.map(({ name }) => name));
    expect(Object.keys(revertTexts).filter((name) => !names.has(name))).toEqual([]);
  });

  test('every error of ours has a text', () => {
    const ours = errorAbi
      .map(({ name }) => name)
      .filter((name) =>
        /^(ERC8028|DAT|ValueChannels|ValueMarket|ContributorRoots|OperatorBond|ValuePlans|PermitBuyer|ChannelDeposits|ERC3525Adapter|AttestationRegistry)/.test(
          name,
        ),
      );
    expect(ours.filter((name) => !(name in revertTexts))).toEqual([]);
  });

  test('what is no error of Kedge’s contracts is undefined, a text is quoted', () => {
    expect(sdk.readRevert('0x')).toBeUndefined();
    expect(sdk.readRevert('0xdeadbeef')).toBeUndefined();
    const text =
      '0x08c379a0000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000026e6f000000000000000000000000000000000000000000000000000000000000';
    expect(sdk.readRevert(text)).toMatchObject({ name: 'Error', message: 'The contract said: no.' });
    const panic = (code: bigint) =>
      encodeErrorResult({ abi: parseAbi(['error Panic(uint256)']), errorName: 'Panic', args: [code] });
    expect(sdk.readRevert(panic(17n))).toMatchObject({
      name: 'Panic',
      message: 'The contract stopped: a number became too large or fell below zero (panic 0x11).',
      values: { code: 17n },
    });
    expect(sdk.readRevert(panic(99n))?.message).toBe('The contract stopped: an internal check failed (panic 0x63).');
  });
});
