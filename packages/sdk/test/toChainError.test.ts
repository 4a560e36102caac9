import { inspect } from 'node:util';
import { dataAnchoringTokenAbi as abi } from '@kedge/core';
import { BaseError, ContractFunctionExecutionError } from 'viem';
import { expect, test } from 'vitest';
import { toChainError } from '../src/index.js';
import { addressOf } from './fixture.js';

test('who cannot pay is named where it is known, and else nothing is said of it', () => {
  const cause = new Error('insufficient funds for gas * price + value');
  const account = addressOf('consumer');
  expect(toChainError(cause, 'buy value', account)).toMatchObject({ code: 'insufficient_funds', values: { account } });
  const { code, values, message } = toChainError(cause, 'read the chain');
  expect([code, values]).toEqual(['insufficient_funds', {}]);
  expect(message).not.toContain('undefined');
});

test('what Node prints of one that nobody caught is no ABI', () => {
  const cause = new ContractFunctionExecutionError(new BaseError('refused'), { abi, functionName: 'mint', args: [] });
  expect(inspect(cause)).toContain('stateMutability');
  const error = toChainError(cause, 'mint');
  expect(inspect(error)).toContain('refused');
  expect(inspect(error)).not.toContain('stateMutability');
  expect(error.cause).toMatchObject({ abi, functionName: 'mint' });
});
