import { classKinds, zeroAddress, zeroHash, type Address, type ClassKind, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { onlyEvent, sentOf, writeContract } from '../writeContract.js';

export type CreateClassParameters = {
  readonly kind: ClassKind;
  readonly metadataURI: string;
  /** keccak-256 of the metadata's canonical JSON. */
  readonly integrityHash: Hex;
  /** Decimals of the class's units. Default 0. */
  readonly unitDecimals?: number;
  /** Default: none; a class that only receives royalties needs no policy. */
  readonly policy?: { readonly uri: string; readonly hash: Hex };
  /** Receives revenue that finds no active share. Default: it waits for the next shares (R20). */
  readonly beneficiary?: Address;
  /** At most 16, each once; royalties in basis points of the child's revenue, 10,000 in all at most (R19). */
  readonly parents?: readonly { readonly classId: bigint; readonly royaltyBps: number }[];
};

export type CreateClassReturn = Sent & { readonly classId: bigint };

/**
 * Creates a class with everything that it fixes for ever. The wallet's account becomes its issuer.
 *
 * @throws BaseError `DATTooManyParents`, `DATRoyaltiesTooHigh`, `DATDuplicateParent`, `ERC8028NonexistentClass`.
 *
 * @example
 * const { classId } = await createClass(client, { kind: 'dataset', metadataURI: `ipfs://${cid}`, integrityHash });
 */
export async function createClass(client: WriteClient, parameters: CreateClassParameters): Promise<CreateClassReturn> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'create the class', {
    ...token,
    functionName: 'createClassWithTerms',
    args: [
      {
        metadataURI: parameters.metadataURI,
        integrityHash: parameters.integrityHash,
        unitDecimals: parameters.unitDecimals ?? 0,
        policyURI: parameters.policy?.uri ?? '',
        policyHash: parameters.policy?.hash ?? zeroHash,
        kind: classKinds.indexOf(parameters.kind),
        beneficiary: parameters.beneficiary ?? zeroAddress,
        parents: parameters.parents ?? [],
      },
    ],
  });
  const events = eventsOf(token, receipt.logs, 'ClassCreated');
  const { classId } = onlyEvent(events, 'ClassCreated', receipt).args;
  return { ...sentOf(receipt), classId };
}
