import { type Hex, type Policy, policyHashOf } from '@kedge/core';
import type { KedgeClient } from '@kedge/sdk';
import { developmentAccount } from '@kedge/testing';
import { keccak256 } from '../../src/crypto/hashers.js';
import { testPolicy } from './createTestSetup.js';

/** A class under the tests' policy, whose one share is the operator's. */
export async function createMeteredClass(
  issuer: KedgeClient,
): Promise<{ readonly classId: bigint; readonly policy: Policy; readonly policyHash: Hex }> {
  const policy = testPolicy();
  const policyHash = policyHashOf(policy, keccak256);
  const { classId } = await issuer.createClass({
    kind: 'agent',
    metadataURI: 'ipfs://a',
    integrityHash: `0x${'ab'.repeat(32)}`,
    unitDecimals: 3,
    policy: { uri: 'ipfs://p', hash: policyHash },
  });
  await issuer.mintShare({ classId, to: developmentAccount(1).address, shareRatio: 10_000n });
  return { classId, policy, policyHash };
}
