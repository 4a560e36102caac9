import { zeroAddress, zeroHash } from '@kedge/core';
import type { ClassTerms } from '../classes.js';
import type { ClassOptions } from '../world.js';
import { aClass, aClassId, anActor, command, day, mostly, mostlyOf, type Scene, type Idea } from './scene.js';

function onClass(name: string, args: (scene: Scene) => readonly unknown[]): Idea {
  return (scene) => {
    const found = aClass(scene);
    const sender = found ? mostly(scene, found.issuer) : anActor(scene);
    const classId = scene.random.chance(96) ? (found?.classId ?? 1n) : aClassId(scene);
    return command(sender, scene.world.addresses.token, name, [classId, ...args(scene)]);
  };
}

const aHash = ({ random }: Scene) => (random.chance(85) ? random.bytes32() : zeroHash);
const anUri = ({ random }: Scene) => `ipfs://${'x'.repeat(random.below(50))}`;

function classTerms(scene: Scene): ClassTerms {
  const { random, world } = scene;
  const known = world.classes.keys().length;
  const count = random.weighted([
    [40, 0],
    [30, 1],
    [20, 2],
    [6, Math.min(known, 16)],
    [6, 17],
  ] as const);
  const parents = Array.from({ length: count }, (_, i) => ({
    classId: count > 3 && random.chance(97) ? BigInt(i + 1) : aClassId(scene) % 2n ** 64n,
    royaltyBps: count > 3 ? random.below(700) : random.pick([0, 1, 333, 2500, 4000, 10_000]),
  }));
  return {
    metadataURI: anUri(scene),
    integrityHash: random.bytes32(),
    unitDecimals: random.below(256),
    policyURI: anUri(scene),
    policyHash: random.chance(92) ? random.bytes32() : zeroHash,
    kind: random.below(4),
    beneficiary: random.chance(30) ? anActor(scene) : zeroAddress,
    parents,
  };
}

export const createClass: Idea = (scene) => {
  const args = [anUri(scene), scene.random.bytes32(), scene.random.below(19), anUri(scene)];
  return command(anActor(scene), scene.world.addresses.token, 'createClass', args);
};

export const createClassWithTerms: Idea = (scene) =>
  command(anActor(scene), scene.world.addresses.token, 'createClassWithTerms', [classTerms(scene)]);

export const createClassWithOptions: Idea = (scene) => {
  const { random, world } = scene;
  const now = world.now();
  const bound = (usual: () => bigint) => (random.chance(45) ? usual() : 0n);
  const options: ClassOptions = {
    shareCap: bound(() => random.pick([30_000n, 2n ** 32n, 2n ** 34n])),
    sharesFrozenFrom: random.chance(20) ? now + random.upTo(20n * day) - (random.chance(20) ? 1n : 0n) : 0n,
    activationDelay: bound(() => random.pick([1n, day, 3n * day, random.upTo(370n * day)])),
    policyNotice: bound(() => random.pick([1n, day, random.upTo(370n * day)])),
    appealWindow: bound(() => random.pick([day, day, 3n * day, random.upTo(370n * day)])),
    nonTransferable: random.chance(15),
    valueKeepsExpiry: random.chance(30),
    sharesOutliveExpiry: random.chance(30),
  };
  return command(anActor(scene), world.addresses.token, 'createClassWithOptions', [classTerms(scene), options]);
};

export const publishPolicy = onClass('publishPolicy', (scene) => [anUri(scene), aHash(scene)]);

export const updateClassPolicy = onClass('updateClassPolicy', (scene) => [anUri(scene)]);

export const activatePolicy: Idea = (scene) => {
  const { world } = scene;
  const waiting = world.classes.values().filter(({ announced }) => announced !== undefined);
  const classId = mostlyOf(scene, waiting, () => aClass(scene))?.classId ?? aClassId(scene);
  return command(anActor(scene), world.addresses.token, 'activatePolicy', [classId]);
};

export const updateClassMetadata = onClass('updateClassMetadata', (scene) => [anUri(scene), aHash(scene)]);

export const transferIssuer = onClass('transferIssuer', (scene) => [
  scene.random.chance(80) ? anActor(scene) : zeroAddress,
]);

export const acceptIssuer: Idea = (scene) => {
  const { random, world } = scene;
  const offered = world.classes.values().filter(({ pendingIssuer }) => pendingIssuer !== zeroAddress);
  const found = offered.length > 0 && random.chance(90) ? random.pick(offered) : aClass(scene);
  const sender = found ? mostly(scene, found.pendingIssuer) : anActor(scene);
  return command(sender, world.addresses.token, 'acceptIssuer', [found?.classId ?? aClassId(scene)]);
};

export const acceptParent: Idea = (scene) => {
  const { random, world } = scene;
  const child = random.pick([...world.classes.values().filter(({ parents }) => parents.length > 0), aClass(scene)]);
  const edge = random.below(child?.parents.length || 1);
  const issuer = world.classes.get(child?.parents[edge]?.classId ?? 0n)?.issuer;
  const sender = issuer ? mostly(scene, issuer) : anActor(scene);
  const args = [child?.classId ?? aClassId(scene), BigInt(random.chance(90) ? edge : 20)];
  return command(sender, world.addresses.token, 'acceptParent', args);
};

export const setSaleRoyalty = onClass('setSaleRoyalty', (scene) => [
  scene.random.chance(85) ? anActor(scene) : zeroAddress,
  scene.random.pick([0, 1, 250, 1000, 1001]),
]);

export const freezeShares: Idea = (scene) => {
  // Rarely, for it is for ever.
  const found = aClass(scene);
  const sender = found ? mostly(scene, found.issuer) : anActor(scene);
  return command(sender, scene.world.addresses.token, 'freezeShares', [found?.classId ?? aClassId(scene)]);
};

export const syncExpired: Idea = (scene) =>
  command(anActor(scene), scene.world.addresses.token, 'syncExpired', [aClassId(scene)]);
