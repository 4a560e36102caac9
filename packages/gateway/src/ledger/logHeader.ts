import { BaseError, isSameAddress, type ProtocolDomain } from '@kedge/core';
import type { OperatorKey } from '../crypto/operatorKey.js';

const logFormat = 'kedge-gateway-log/2';

/** Whose log a file is: its first record. */
export function headerOf(operator: OperatorKey, domain: ProtocolDomain): Uint8Array {
  const { chainId, verifyingContract } = domain;
  return Buffer.from(JSON.stringify({ format: logFormat, operator: operator.address, chainId, verifyingContract }));
}

/** @throws BaseError `log_foreign` for the log of another operator, chain or contract. */
export function checkHeader(payload: Buffer, operator: OperatorKey, domain: ProtocolDomain, path: string): void {
  const header = JSON.parse(payload.toString()) as {
    format: string;
    operator: string;
    chainId: number;
    verifyingContract: string;
  };
  const isOurs =
    header.format === logFormat &&
    isSameAddress(header.operator, operator.address) &&
    header.chainId === domain.chainId &&
    isSameAddress(header.verifyingContract, domain.verifyingContract);
  if (isOurs) return;
  throw new BaseError('The ledger log is in another format, or belongs to another operator, chain or contract.', {
    code: 'log_foreign',
    values: { path, ...header, ownFormat: logFormat, ownOperator: operator.address, ownChainId: domain.chainId },
    hints: ['Give this gateway a dataDir of its own, or start it for the operator that the log belongs to.'],
  });
}

/** A record of the epoch that a run of the gateway begins. */
export function epochBytesOf(epoch: bigint): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Number(epoch));
  return bytes;
}
