import { dataAnchoringTokenAbi, valueChannelsAbi, valueMarketAbi, type Hex } from '@kedge/core';
import { encodeErrorResult, parseAbi, toHex, type Abi } from 'viem';

/** What the assets of the differential test throw. */
export const assetErrors = parseAbi([
  'error AssetBalance(address account, uint256 balance, uint256 needed)',
  'error AssetAllowance(address spender, uint256 allowance, uint256 needed)',
  'error AssetRefused(address account)',
]);

const allErrors: Abi = [...dataAnchoringTokenAbi, ...valueChannelsAbi, ...valueMarketAbi, ...assetErrors].filter(
  (item) => item.type === 'error',
);
const abiOf = new Map(allErrors.flatMap((item) => (item.type === 'error' ? [[item.name, [item]] as const] : [])));

/** A call that ends without effect. `reason` is a custom error's name; empty where a contract says nothing. */
export class Revert extends Error {
  override readonly name = 'Revert';
  readonly reason: string;
  readonly args: readonly unknown[];

  constructor(reason: string, args: readonly unknown[]) {
    super(reason === '' ? 'no reason' : reason);
    this.reason = reason;
    this.args = args;
  }
}

export function refuse(reason: string, ...args: readonly unknown[]): never {
  throw new Revert(reason, args);
}

/** The bytes that a caller of the contract sees. */
export function encodeRevert({ reason, args }: Revert): Hex {
  if (reason === '') return '0x';
  const abi = abiOf.get(reason);
  if (abi === undefined) throw new Error(`no contract declares the error ${reason}`);
  return encodeErrorResult({ abi, errorName: reason, args });
}

/** `bytes32("text")` of Solidity. */
export function bytes32Of(text: string): Hex {
  return toHex(text, { size: 32 });
}
