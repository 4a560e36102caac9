import type { Clause } from '../clause.js';
import { emitted } from '../lab/events.js';
import { attempt, despiteOthers, read, same, succeed } from '../lab/lab.js';
import { classTerms, createClassCall, integrityHash, newClass, offChain, tryCreateClass } from '../lab/fixtures.js';
import { exposes } from './interface.js';

const otherHash = `0x${'42'.repeat(32)}` as const;

/** Sections 4 and 6.1: classes. */
export const classClauses: readonly Clause[] = [
  exposes('createClass', {
    section: '6.1',
    words:
      'function createClass( string calldata metadataURI, bytes32 integrityHash, uint8 unitDecimals, string calldata policyURI ) external returns (uint256 classId);',
    check: (lab) =>
      despiteOthers(async () => {
        const first = await tryCreateClass(lab);
        const second = await tryCreateClass(lab);
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
      const { classId, by } = await newClass(lab);
      const { evidence } = await succeed(lab, by, {
        name: 'updateClassMetadata',
        args: [classId, 'ipfs://2', otherHash],
      });
      const [uri, hash, decimals] = await read<readonly unknown[]>(lab, { name: 'getClassMeta', args: [classId] });
      same(uri, 'ipfs://2', 'metadataURI after its update', evidence);
      same(hash, otherHash, 'integrityHash after its update', evidence);
      same(decimals, classTerms.unitDecimals, 'unitDecimals after an update of the metadata', evidence);
    },
  }),
  exposes('updateClassPolicy', {
    section: '6.1',
    words: 'function updateClassPolicy(uint256 classId, string calldata policyURI) external;',
    check: async (lab) => {
      const { classId, by } = await newClass(lab);
      const { evidence } = await succeed(lab, by, { name: 'updateClassPolicy', args: [classId, 'ipfs://policy/2'] });
      const meta = await read<readonly unknown[]>(lab, { name: 'getClassMeta', args: [classId] });
      same(meta[3], 'ipfs://policy/2', 'policyURI after its update', evidence);
      same(meta[0], classTerms.metadataURI, 'metadataURI after an update of the policy', evidence);
    },
  }),
  {
    id: 'D6.1.emits',
    section: '6.1',
    level: 'MUST',
    words: 'MUST emit `ClassCreated` / `MetadataUpdated` / `ClassPolicyUpdated`.',
    check: async (lab) => {
      const { classId, by, done } = await newClass(lab);
      emitted(lab, done, 'ClassCreated', { classId });
      const metadata = await succeed(lab, by, { name: 'updateClassMetadata', args: [classId, 'ipfs://2', otherHash] });
      emitted(lab, metadata, 'MetadataUpdated', { classId });
      const policy = await succeed(lab, by, { name: 'updateClassPolicy', args: [classId, 'ipfs://policy/2'] });
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
      const create = await attempt(lab, stranger.address, createClassCall);
      const args = [classId, 'ipfs://stranger', integrityHash] as const;
      const update = await attempt(lab, stranger.address, { name: 'updateClassMetadata', args });
      const may = (reverted: boolean): string => (reverted ? 'may not' : 'may');
      return `a stranger ${may(create.reverted)} create a class and ${may(update.reverted)} update another's`;
    },
  },
];
