import { type Policy, type ReceiptCheck, type SignedReceipt, verifyReceipts } from '@kedge/core';
import { recoverAddress } from 'viem';
import { keccak256 } from '../../src/crypto/hashers.js';
import { domain, operatorAddress } from './createTestSetup.js';

/** What core's verifier has against receipts of the test operator, in the order in which they follow one another. */
export async function failedChecks(receipts: readonly SignedReceipt[], policy: Policy): Promise<ReceiptCheck[]> {
  const checks = await verifyReceipts({
    receipts,
    policy,
    domain,
    operator: operatorAddress,
    keccak256,
    recover: (digest, signature) => recoverAddress({ hash: digest, signature }),
  });
  return checks.filter(({ ok }) => !ok);
}
