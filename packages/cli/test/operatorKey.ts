import { toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { developmentMnemonic, roles } from '../src/accounts/roles.js';

/** The operator's development key: account 1 of the well-known test mnemonic of anvil and hardhat, or as `roles` says. */
export const privateKey = toHex(
  mnemonicToAccount(developmentMnemonic, { addressIndex: roles.operator }).getHdKey().privateKey!,
);
