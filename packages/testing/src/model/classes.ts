import { zeroAddress, zeroHash, type Address, type Hex } from '@kedge/core';
import type { Call, Handlers } from './call.js';
import { bytes32Of, refuse } from './revert.js';
import type { ClassOptions, ClassRecord, Parent, Policy, World } from './world.js';

const parentsMax = 16n;
const day = 86_400n;
const year = 365n * day;
const unbound: ClassOptions = {
  shareCap: 0n,
  sharesFrozenFrom: 0n,
  activationDelay: 0n,
  policyNotice: 0n,
  appealWindow: 0n,
  nonTransferable: false,
  valueKeepsExpiry: false,
  sharesOutliveExpiry: false,
};

export type ClassTerms = Pick<
  ClassRecord,
  'metadataURI' | 'integrityHash' | 'unitDecimals' | 'kind' | 'beneficiary'
> & {
  readonly policyURI: string;
  readonly policyHash: Hex;
  readonly parents: readonly { readonly classId: bigint; readonly royaltyBps: number }[];
};

export function requireClass(world: World, classId: bigint): ClassRecord {
  return world.classes.get(classId) ?? refuse('ERC8028NonexistentClass', classId);
}

export function requireIssuer(world: World, classId: bigint, caller: Address): ClassRecord {
  const record = requireClass(world, classId);
  if (record.issuer !== caller) refuse('DATNotIssuer', classId, caller, record.issuer);
  return record;
}

export function requireParent(world: World, classId: bigint, edge: bigint): Parent {
  return requireClass(world, classId).parents[Number(edge)] ?? refuse('DATNonexistentParent', classId, edge);
}

/** Every child is younger than its parents, so lineage has no cycles. */
function checkParents(world: World, { parents }: ClassTerms): void {
  if (BigInt(parents.length) > parentsMax) refuse('DATTooManyParents', BigInt(parents.length), parentsMax);
  const named = new Set<bigint>();
  for (const { classId } of parents) {
    requireClass(world, classId);
    if (named.has(classId)) refuse('DATDuplicateParent', classId);
    named.add(classId);
  }
  const sum = parents.reduce((total, { royaltyBps }) => total + BigInt(royaltyBps), 0n);
  if (sum > 10_000n) refuse('DATRoyaltiesTooHigh', sum, 10_000n);
}

export function classHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  const create = (issuer: Address, terms: ClassTerms, options = unbound) => {
    checkParents(world, terms);
    const classId = BigInt(world.classes.keys().length) + 1n;
    const { metadataURI, integrityHash, unitDecimals, kind, beneficiary, policyURI, policyHash } = terms;
    world.classes.set(classId, {
      classId,
      issuer,
      pendingIssuer: zeroAddress,
      kind,
      unitDecimals,
      metadataURI,
      integrityHash,
      beneficiary,
      options,
      parents: terms.parents.map((parent) => ({
        ...parent,
        accepted: false,
      })),
      policies: [
        {
          uri: policyURI,
          hash: policyHash,
        },
      ],
      lotCount: 0,
      tokenCount: 0,
      saleRoyalty: { receiver: zeroAddress, royaltyBps: 0 },
    });
    world.emit(self, 'ClassCreated', classId, metadataURI, integrityHash);
    world.emit(self, 'ClassConfigured', classId, issuer, kind, unitDecimals, beneficiary, policyURI, policyHash);
    for (const [edge, parent] of terms.parents.entries()) {
      world.emit(self, 'ParentLinked', classId, parent.classId, BigInt(edge), parent.royaltyBps);
    }
    return classId;
  };
  const publish = (issuer: Address, classId: bigint, uri: string, hash: Hex) => {
    const record = requireIssuer(world, classId, issuer);
    const { policyNotice } = record.options;
    if (policyNotice === 0n) return adopt(record, { uri, hash });
    const effectiveAt = world.now() + policyNotice;
    const version = record.policies.length + 1;
    world.classes.set(classId, { ...record, announced: { uri, hash, effectiveAt } });
    world.emit(self, 'PolicyAnnounced', classId, version, uri, hash, effectiveAt);
    return version;
  };
  const adopt = (record: ClassRecord, { uri, hash }: Policy) => {
    const { classId } = record;
    const policies = [...record.policies, { uri, hash }];
    world.classes.set(classId, { ...record, policies });
    world.emit(self, 'ClassPolicyUpdated', classId, uri);
    world.emit(self, 'PolicyPublished', classId, policies.length, uri, hash);
    return policies.length;
  };
  return {
    createClass({ sender }: Call, metadataURI: string, integrityHash: Hex, unitDecimals: number, policyURI: string) {
      return create(sender, {
        metadataURI,
        integrityHash,
        unitDecimals,
        policyURI,
        policyHash: zeroHash,
        kind: 0,
        beneficiary: zeroAddress,
        parents: [],
      });
    },
    createClassWithTerms: ({ sender }: Call, terms: ClassTerms) => create(sender, terms),
    createClassWithOptions({ sender }: Call, terms: ClassTerms, options: ClassOptions) {
      const wrong = (field: string) => refuse('DATInvalidOption', bytes32Of(field));
      const { sharesFrozenFrom, activationDelay, policyNotice, appealWindow } = options;
      if (activationDelay > year) wrong('activationDelay');
      if (policyNotice > year) wrong('policyNotice');
      if (appealWindow > year || (appealWindow !== 0n && appealWindow < day)) wrong('appealWindow');
      if (sharesFrozenFrom !== 0n && sharesFrozenFrom < world.now()) wrong('sharesFrozenFrom');
      const classId = create(sender, terms, options);
      world.emit(self, 'ClassOptionsFixed', classId, options);
      return classId;
    },
    freezeShares({ sender }: Call, classId: bigint) {
      const record = requireIssuer(world, classId, sender);
      const { sharesFrozenFrom } = record.options;
      if (sharesFrozenFrom !== 0n && sharesFrozenFrom <= world.now()) {
        refuse('DATSharesFrozen', classId, sharesFrozenFrom);
      }
      world.classes.set(classId, { ...record, options: { ...record.options, sharesFrozenFrom: world.now() } });
      world.emit(self, 'SharesFrozen', classId, world.now());
    },
    activatePolicy(_: Call, classId: bigint) {
      const { announced, ...record } = requireClass(world, classId);
      if (announced === undefined) return refuse('DATNothingAnnounced', classId);
      if (world.now() < announced.effectiveAt) refuse('DATNoticeRunning', classId, announced.effectiveAt);
      return adopt(record, announced);
    },
    updateClassMetadata({ sender }: Call, classId: bigint, metadataURI: string, integrityHash: Hex) {
      const record = requireIssuer(world, classId, sender);
      world.classes.set(classId, { ...record, metadataURI, integrityHash });
      world.emit(self, 'MetadataUpdated', classId, metadataURI, integrityHash);
      // Every id that a token of the class could have.
      world.emit(self, 'BatchMetadataUpdate', classId * 2n ** 64n, (classId + 1n) * 2n ** 64n - 1n);
    },
    updateClassPolicy({ sender }: Call, classId: bigint, policyURI: string) {
      publish(sender, classId, policyURI, zeroHash);
    },
    publishPolicy: ({ sender }: Call, classId: bigint, uri: string, hash: Hex) => publish(sender, classId, uri, hash),
    setSaleRoyalty({ sender }: Call, classId: bigint, receiver: Address, royaltyBps: number) {
      const record = requireIssuer(world, classId, sender);
      if (royaltyBps > 1000) refuse('DATSaleRoyaltyTooHigh', BigInt(royaltyBps), 1000n);
      const saleRoyalty = { receiver, royaltyBps: receiver === zeroAddress ? 0 : royaltyBps };
      world.classes.set(classId, { ...record, saleRoyalty });
      world.emit(self, 'SaleRoyaltySet', classId, receiver, saleRoyalty.royaltyBps);
    },
    transferIssuer({ sender }: Call, classId: bigint, pendingIssuer: Address) {
      const record = requireIssuer(world, classId, sender);
      world.classes.set(classId, { ...record, pendingIssuer });
      world.emit(self, 'IssuerTransferStarted', classId, sender, pendingIssuer);
    },
    acceptIssuer({ sender }: Call, classId: bigint) {
      const record = requireClass(world, classId);
      if (record.pendingIssuer !== sender) refuse('DATNotPendingIssuer', classId, sender, record.pendingIssuer);
      world.classes.set(classId, { ...record, issuer: sender, pendingIssuer: zeroAddress });
      world.emit(self, 'IssuerTransferred', classId, record.issuer, sender);
    },
    acceptParent({ sender }: Call, classId: bigint, edge: bigint) {
      const parent = requireParent(world, classId, edge);
      if (requireClass(world, parent.classId).issuer !== sender) {
        refuse('DATNotParentIssuer', parent.classId, sender);
      }
      const record = requireClass(world, classId);
      const parents = record.parents.with(Number(edge), { ...parent, accepted: true });
      world.classes.set(classId, { ...record, parents });
      world.emit(self, 'ParentAccepted', classId, parent.classId, edge);
    },
  };
}
