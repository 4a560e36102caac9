import { classKinds, type Address, type ClassKind, type Hex } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import type { ClassOptions } from './createClass.js';

export type ClassView = {
  readonly classId: bigint;
  readonly kind: ClassKind;
  readonly issuer: Address;
  readonly pendingIssuer: Address;
  readonly beneficiary: Address;
  readonly metadataURI: string;
  readonly integrityHash: Hex;
  readonly unitDecimals: number;
  /** The current version; value already bought keeps its own. */
  readonly policy: { readonly version: number; readonly uri: string; readonly hash: Hex };
  readonly tokenCount: number;
  /** Backed lots; they are numbered from 0x80000001. */
  readonly lotCount: number;
  /** Weights of all active shares. */
  readonly totalShare: bigint;
  /** What the class is bound to for ever; 0 and false: not bound. Without a share cap its shares can be diluted (R23). */
  readonly options: Required<ClassOptions>;
  readonly parents: readonly { readonly classId: bigint; readonly royaltyBps: number; readonly accepted: boolean }[];
};

/**
 * Reads a class.
 *
 * @throws BaseError `ERC8028NonexistentClass`.
 *
 * @example
 * const { issuer, policy, parents } = await getClass(client, { classId });
 */
export async function getClass(client: ReadClient, { classId }: { readonly classId: bigint }): Promise<ClassView> {
  const token = tokenOf(client.deployment);
  const args = [classId] as const;
  const [info, meta, parents, totalShare, options] = await reading(client, 'read the class', (chain) =>
    Promise.all([
      chain.readContract({ ...token, functionName: 'classInfo', args }),
      chain.readContract({ ...token, functionName: 'getClassMeta', args }),
      chain.readContract({ ...token, functionName: 'parentsOf', args }),
      chain.readContract({ ...token, functionName: 'totalShareOf', args }),
      chain.readContract({ ...token, functionName: 'classOptions', args }),
    ]),
  );
  const [, hash] = await reading(client, 'read the policy', (chain) =>
    chain.readContract({ ...token, functionName: 'policyOf', args: [classId, info.policyVersion] }),
  );
  const [metadataURI, integrityHash, unitDecimals, uri] = meta;
  return {
    classId,
    kind: classKinds[info.kind] ?? 'unspecified',
    issuer: info.issuer,
    pendingIssuer: info.pendingIssuer,
    beneficiary: info.beneficiary,
    metadataURI,
    integrityHash,
    unitDecimals,
    policy: { version: info.policyVersion, uri, hash },
    tokenCount: info.tokenCount,
    lotCount: info.lotCount,
    totalShare,
    options: {
      ...options,
      shareCap: BigInt(options.shareCap),
      sharesFrozenFrom: BigInt(options.sharesFrozenFrom),
    },
    parents,
  };
}
