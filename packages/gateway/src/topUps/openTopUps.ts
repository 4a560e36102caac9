import { BaseError, type Hex, isSameAddress } from '@kedge/core';
import { openingFinalityOf } from '../call/openingFinality.js';
import { type KeyNames, operatorKeyOf } from '../crypto/operatorKey.js';
import { type Environment, type GatewayConfig, readSecret } from '../gatewayConfig.js';
import { createTopUps, type TopUpOptions, type TopUps } from './createTopUps.js';
import type { DepositChain } from './depositChain.js';

const paymentNames: KeyNames = { what: 'The key for payments', at: 'x402.key', code: 'payment_key_invalid' };

/**
 * Payments on chain, where the configuration says what for.
 * @throws BaseError `gateway_config_invalid`, `secret_missing`, `payment_key_invalid`.
 */
export async function openDepositChain(
  settings: GatewayConfig,
  env: Environment,
  operator: Hex,
): Promise<DepositChain | undefined> {
  const { x402, rpcUrl, chainId, contracts, maxFeePerGasGwei } = settings;
  if (x402 === undefined) return undefined;
  const { DataAnchoringToken: token, ChannelDeposits: deposits } = contracts;
  const { what } = paymentNames;
  const key = operatorKeyOf(readSecret({ env: x402.keyEnv, file: x402.keyFile, what }, env) ?? '', paymentNames);
  const fault =
    deposits === undefined
      ? 'x402 needs contracts.ChannelDeposits.'
      : isSameAddress(key.address, operator)
        ? "x402 needs a key of its own: the operator's transactions are numbered by captures."
        : undefined;
  if (fault !== undefined || deposits === undefined) {
    throw new BaseError(fault ?? '', { code: 'gateway_config_invalid', hints: ['Change x402 in the configuration.'] });
  }
  const { createDepositChain } = await import('./createDepositChain.js');
  const { settleMs } = x402;
  const { privateKey } = key;
  return createDepositChain({ rpcUrl, chainId, token, deposits, privateKey, settleMs, maxFeePerGasGwei });
}

/** Payments for calls. */
export function openTopUps(
  settings: GatewayConfig,
  chain: DepositChain | undefined,
  needs: Omit<TopUpOptions, 'settings' | 'chain' | 'chainId' | 'finality'>,
): TopUps | undefined {
  const { x402, chainId } = settings;
  if (x402 === undefined || chain === undefined) return undefined;
  return createTopUps({ ...needs, settings: x402, chain, chainId, finality: openingFinalityOf(settings) });
}

/** Sends one payment at a time, where several processes send with one key: their transactions are numbered, too. */
export function payingInTurn(chain: DepositChain, inTurn: <T>(pay: () => Promise<T>) => Promise<T>): DepositChain {
  return { ...chain, payAndSweep: (terms, authorization) => inTurn(() => chain.payAndSweep(terms, authorization)) };
}
