import type { Clause } from '../clause.js';
import { emitted } from '../lab/events.js';
import { attempt, despiteOthers, prepare, read, same, type Lab } from '../lab/lab.js';
import {
  createClassCall,
  editors,
  makers,
  newClass,
  newTerms,
  offChain,
  succeedAsFirst,
  tryCreateClass,
  witness,
  type DoneBy,
} from '../lab/fixtures.js';
import { exposes } from './interface.js';

/** Changes the metadata of a class, as whoever may. */
export async function updateMetadata(lab: Lab, classId: bigint): Promise<DoneBy & { readonly hash: string }> {
  const { integrityHash: hash } = newTerms(lab);
  const call = { name: 'updateClassMetadata', args: [classId, 'ipfs://2', hash] };
  return { ...(await succeedAsFirst(lab, editors(lab, classId), call)), hash };
}

/** Changes the policy of a class, as whoever may. */
export function updatePolicy(lab: Lab, classId: bigint): Promise<DoneBy> {
  const call = { name: 'updateClassPolicy', args: [classId, 'ipfs://policy/2'] };
  return succeedAsFirst(lab, editors(lab, classId), call);
}

/** Sections 4 and 6.1: classes. */
export const classClauses: readonly Clause[] = [
  exposes('createClass', {
    section: '6.1',
    words:
      'function createClass( string calldata metadataURI, bytes32 integrityHash, uint8 unitDecimals, string calldata policyURI ) external returns (uint256 classId);',
    check: (lab) =>
      despiteOthers(async () => {
        const first = await tryCreateClass(lab);
        const second = await tryCreateClass(lab, [await witness(lab), ...makers(lab)]);
        if (first.classId === second.classId)
          same('the same', 'different', 'the id of two classes', second.done.evidence);
        same(second.done.result, second.classId, 'what createClass returns', second.done.evidence);
        return `by ${first.by.name}`;
      }),
  }),
  exposes('updateClassMetadata', {
    section: '6.1',
    words:
      'function updateClassMetadata(uint256 classId, string calldata metadataURI, bytes32 integrityHash) external;',
    check: async (lab) => {
      const { classId, terms } = await newClass(lab);
      const { evidence, hash } = await updateMetadata(lab, classId);
      const [uri, stored, decimals] = await read<readonly unknown[]>(lab, { name: 'getClassMeta', args: [classId] });
      same(uri, 'ipfs://2', 'metadataURI after its update', evidence);
      same(stored, hash, 'integrityHash after its update', evidence);
      same(decimals, terms.unitDecimals, 'unitDecimals after an update of the metadata', evidence);
    },
  }),
  exposes('updateClassPolicy', {
    section: '6.1',
    words: 'function updateClassPolicy(uint256 classId, string calldata policyURI) external;',
    check: async (lab) => {
      const { classId, terms } = await newClass(lab);
      const { evidence } = await updatePolicy(lab, classId);
      const meta = await read<readonly unknown[]>(lab, { name: 'getClassMeta', args: [classId] });
      same(meta[3], 'ipfs://policy/2', 'policyURI after its update', evidence);
      same(meta[0], terms.metadataURI, 'metadataURI after an update of the policy', evidence);
    },
  }),
  {
    id: 'D6.1.emits',
    section: '6.1',
    level: 'MUST',
    words: 'MUST emit `ClassCreated` / `MetadataUpdated` / `ClassPolicyUpdated`.',
    check: async (lab) => {
      const { classId, done } = await newClass(lab);
      emitted(lab, done, 'ClassCreated', { classId });
      const metadata = await prepare('the metadata could not be updated', () => updateMetadata(lab, classId));
      emitted(lab, metadata, 'MetadataUpdated', { classId });
      const policy = await prepare('the policy could not be updated', () => updatePolicy(lab, classId));
      emitted(lab, policy, 'ClassPolicyUpdated', { classId });
    },
  },
  {
    id: 'D6.1.integrity',
    section: '6.1',
    level: 'SHOULD',
    words: '`integrityHash` SHOULD commit to the metadata payload (cf. [EIP-2477](./eip-2477.md)-like behavior).',
    check: async () => offChain('whether a hash is that of a document at a URI'),
  },
  {
    id: 'D6.1.restricts',
    section: '6.1',
    level: 'MAY',
    words: 'Implementations MAY restrict creation/updates to an admin/DAO.',
    check: async (lab) => {
      const { classId } = await newClass(lab);
      const { stranger } = lab.actors;
      const terms = newTerms(lab);
      const create = await attempt(lab, stranger, createClassCall(terms));
      const args = [classId, 'ipfs://stranger', terms.integrityHash] as const;
      const update = await attempt(lab, stranger, { name: 'updateClassMetadata', args });
      const may = (reverted: boolean): string => (reverted ? 'may not' : 'may');
      return `a stranger ${may(create.reverted)} create a class and ${may(update.reverted)} update another's`;
    },
  },
];
