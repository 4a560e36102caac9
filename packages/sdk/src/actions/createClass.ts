import { classKinds, zeroAddress, zeroHash, type Address, type ClassKind, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { requireOneOf } from '../requireArguments.js';
import { sentOf, writeContract } from '../writeContract.js';

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
  readonly options?: ClassOptions;
};

/** What a class binds itself to, for ever. Absent or 0: not bound. */
export type ClassOptions = {
  /** Most that active and waiting shares may sum to (P17). */
  readonly shareCap?: bigint;
  /** Unix time from which no share is minted (P17). */
  readonly sharesFrozenFrom?: bigint;
  /** Seconds at least before a new share earns, up to the end of a UTC day (P17). */
  readonly activationDelay?: number;
  /** Seconds between the announcement of a policy and its taking effect (P18). */
  readonly policyNotice?: number;
  /** Seconds between the announcement of a revocation and its taking effect, a day to a year; 0: nothing is revoked (P27). */
  readonly appealWindow?: number;
  /** Tokens stay with the holder that they are minted to (ERC-5192). */
  readonly nonTransferable?: boolean;
  /** Unbacked value, too, moves only to tokens that expire no later than its own (P22). */
  readonly valueKeepsExpiry?: boolean;
  /** A token's expiry ends its use and not its share, which earns until it is retired (P21). */
  readonly sharesOutliveExpiry?: boolean;
};

export type CreateClassReturn = Sent & { readonly classId: bigint };

/**
 * Creates a class with everything that it fixes for ever. The wallet's account becomes its issuer.
 *
 * @throws BaseError `DATTooManyParents`, `DATRoyaltiesTooHigh`, `DATDuplicateParent`, `ERC8028NonexistentClass`,
 * `DATInvalidOption`.
 *
 * @example
 * const { classId } = await createClass(client, { kind: 'dataset', metadataURI: `ipfs://${cid}`, integrityHash });
 */
export async function createClass(client: WriteClient, parameters: CreateClassParameters): Promise<CreateClassReturn> {
  const token = tokenOf(client.deployment);
  const { options } = parameters;
  const terms = classTermsToAbi(parameters);
  const doing = 'create the class';
  const receipt =
    options === undefined
      ? await writeContract(client, doing, { ...token, functionName: 'createClassWithTerms', args: [terms] })
      : await writeContract(client, doing, {
          ...token,
          functionName: 'createClassWithOptions',
          args: [terms, classOptionsToAbi(options)],
        });
  const { classId } = eventArgs(token, receipt, 'ClassCreated');
  return { ...sentOf(receipt), classId };
}

/** Its terms as the contract takes them. */
export function classTermsToAbi(parameters: CreateClassParameters) {
  requireOneOf('kind', classKinds, parameters.kind);
  return {
    metadataURI: parameters.metadataURI,
    integrityHash: parameters.integrityHash,
    unitDecimals: parameters.unitDecimals ?? 0,
    policyURI: parameters.policy?.uri ?? '',
    policyHash: parameters.policy?.hash ?? zeroHash,
    kind: classKinds.indexOf(parameters.kind),
    beneficiary: parameters.beneficiary ?? zeroAddress,
    parents: parameters.parents ?? [],
  };
}

/** Its options as the contract takes them; those of no options bind nothing. */
export function classOptionsToAbi(options: ClassOptions) {
  return {
    shareCap: Number(options.shareCap ?? 0n),
    sharesFrozenFrom: Number(options.sharesFrozenFrom ?? 0n),
    activationDelay: options.activationDelay ?? 0,
    policyNotice: options.policyNotice ?? 0,
    appealWindow: options.appealWindow ?? 0,
    nonTransferable: options.nonTransferable ?? false,
    valueKeepsExpiry: options.valueKeepsExpiry ?? false,
    sharesOutliveExpiry: options.sharesOutliveExpiry ?? false,
  };
}
