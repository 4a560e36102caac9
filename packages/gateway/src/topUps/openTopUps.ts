import { BaseError, type Hex, isSameAddress } from '@kedge/core';
import { operatorKeyOf } from '../crypto/operatorKey.js';
import { type Environment, type GatewayConfig, readSecret } from '../gatewayConfig.js';
import { createTopUps, type TopUpOptions, type TopUps } from './createTopUps.js';

/** Payments for calls, where the configuration says what for. */
export async function openTopUps(
  settings: GatewayConfig,
  env: Environment,
  needs: Omit<TopUpOptions, 'settings' | 'chain' | 'chainId' | 'finality'> & { readonly operator: Hex },
): Promise<TopUps | undefined> {
  const { x402, rpcUrl, chainId, contracts, finality } = settings;
  if (x402 === undefined) return undefined;
  const { DataAnchoringToken: token, ChannelDeposits: deposits } = contracts;
  const key = operatorKeyOf(
    readSecret({ env: x402.keyEnv, file: x402.keyFile, what: 'The key for payments' }, env) ?? '',
  );
  const fault =
    deposits === undefined
      ? 'x402 needs contracts.ChannelDeposits.'
      : settings.ledger !== undefined
        ? 'x402 does not work with a ledger that gateways share.'
        : isSameAddress(key.address, needs.operator)
          ? "x402 needs a key of its own: the operator's transactions are numbered by captures."
          : undefined;
  if (fault !== undefined || deposits === undefined) {
    throw new BaseError(fault ?? '', { code: 'gateway_config_invalid', hints: ['Change x402 in the configuration.'] });
  }
  const { createDepositChain } = await import('./createDepositChain.js');
  const { settleMs } = x402;
  const chain = createDepositChain({ rpcUrl, chainId, token, deposits, privateKey: key.privateKey, settleMs });
  return createTopUps({ ...needs, settings: x402, chain, chainId, finality });
}
