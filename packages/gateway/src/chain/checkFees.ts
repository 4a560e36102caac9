import { BaseError } from '@kedge/core';
import { formatGwei, parseGwei } from 'viem';
import type { Fees } from './replacementFees.js';

/**
 * The fees, where the operator pays as much: they are what a node says, which may be wrong or worse.
 * @throws BaseError `gas_too_dear`.
 */
export function checkFees(fees: Fees, maxFeePerGasGwei: number): Fees {
  const { maxFeePerGas } = fees;
  if (maxFeePerGas <= parseGwei(String(maxFeePerGasGwei))) return fees;
  throw new BaseError(
    `Gas costs ${formatGwei(maxFeePerGas)} gwei by the node, and maxFeePerGasGwei allows ${maxFeePerGasGwei}: no transaction is sent.`,
    {
      code: 'gas_too_dear',
      kind: 'transient',
      hints: ['It is tried again. If gas is really that dear, raise maxFeePerGasGwei; else ask another node.'],
    },
  );
}
