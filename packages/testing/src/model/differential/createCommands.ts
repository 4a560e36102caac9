import { zeroAddress } from '@kedge/core';
import type { Armed } from '../world.js';
import type { Command } from '../referenceToken.js';
import { approvalIdeas, permit } from './commandsOfApprovals.js';
import { capture, channelIdeas } from './commandsOfChannels.js';
import { lifecycleIdeas } from './commandsOfLifecycle.js';
import { ofTheSecond } from './commandsOfTheSecond.js';
import { createClassWithTerms } from './commandsOfClasses.js';
import { mint, tokenIdeas } from './commandsOfTokens.js';
import {
  aChannel,
  aClassId,
  anActor,
  aLotOf,
  anAsset,
  aToken,
  command,
  tokenIdOr,
  type Scene,
  type Idea,
  type Ideas,
} from './scene.js';

const toExtension: Idea = (scene) => {
  const { random, world } = scene;
  const [name, args] = random.pick([
    ['createClass', ['', `0x${'00'.repeat(32)}`, 0, '']],
    ['syncExpired', [1n]],
    ['observeExpiry', [1n]],
    ['acceptIssuer', [1n]],
    ['approveUsage', [1n, anActor(scene), 1n, 0n]],
    ['sweepExpired', [1n]],
    ['updateClassPolicy', [1n, 'x']],
    ['claim', [1n, anActor(scene), anActor(scene)]],
    ['unknown', []],
  ] as const);
  return command(anActor(scene), world.addresses.extension, name, args);
};

/** Views, asked as anybody may: of what does not exist, too. */
const aView: Idea = (scene) => {
  const { random, world } = scene;
  const tokenId = tokenIdOr(scene, random.chance(70) ? aToken(scene) : undefined);
  const classId = aClassId(scene);
  const [name, args] = random.pick<readonly [string, readonly unknown[]]>([
    ...['valueOf', 'ownerOf', 'classOf', 'getApproved', 'tokenURI', 'policyOfToken'].map(
      (view) => [view, [tokenId]] as const,
    ),
    ...['getClassMeta', 'classInfo', 'parentsOf', 'totalShareOf', 'issuerOf'].map((view) => [view, [classId]] as const),
    ['pendingRevenue', [tokenId, anAsset(scene)]],
    ['balanceOf', [random.chance(50) ? anActor(scene) : `0x${'00'.repeat(20)}`]],
    ['revenueInfo', [classId, anAsset(scene)]],
    ['royaltyDue', [classId, BigInt(random.below(3)), anAsset(scene)]],
    ['lotInfo', aLotOf(scene)],
    ['lotQuoteUp', [...aLotOf(scene), random.upTo(2n ** 64n - 1n)]],
  ]);
  return command(anActor(scene), world.addresses.token, name, args);
};

const channelState: Idea = (scene) => {
  const channel = aChannel(scene);
  return channel && command(anActor(scene), scene.world.addresses.channels, 'channelState', [channel]);
};

/** ETH or a selector that nobody asked for. */
const nonsense: Idea = (scene) => {
  const { random, world } = scene;
  const { token, channels, market } = world.addresses;
  return random.chance(50)
    ? command(anActor(scene), random.pick([token, token, channels, market]), 'receive', [], random.upTo(9n))
    : command(anActor(scene), random.pick([token, channels, market]), 'unknown', [], BigInt(random.below(2)));
};

/** ETH beside a call that takes none. */
const unwanted: Idea = (scene) => {
  const made = scene.random.weighted([...tokenIdeas, ...lifecycleIdeas])(scene);
  return made && { ...made, value: made.value + 1n };
};

const setRejects: Idea = (scene) => {
  const actor = anActor(scene);
  return command(actor, actor, 'setRejects', [scene.random.chance(25), scene.random.chance(25)]);
};

const arm: Idea = (scene) => {
  const { random } = scene;
  const actor = anActor(scene);
  const made = random.weighted([...tokenIdeas, ...lifecycleIdeas, ...channelIdeas, ...approvalIdeas])(scene);
  if (made === undefined) return undefined;
  const armed: Armed = { target: made.target, name: made.name, args: made.args };
  return command(actor, actor, 'arm', [armed]);
};

/** An issuer gets ready to change its class in the middle of a sale, called by the asset that is pulled; then the sale. */
const saleWithCallback: Idea = (scene) => {
  const { random, world } = scene;
  const { actors, token, assets } = world.addresses;
  const lots = world.lots.values().filter(({ classId, terms, policyVersion }) => {
    const { issuer, policies } = world.classes.get(classId)!;
    const sellable = actors.includes(terms.seller) && policies.length === policyVersion;
    return sellable && actors.includes(issuer) && assets.some(({ address }) => address === terms.asset);
  });
  if (lots.length === 0) return undefined;
  const ready = lots.filter(({ terms }) => world.actors.get(world.assetHooks.get(terms.asset) ?? token)?.armed);
  const { classId, lot, terms } = random.pick(ready.length > 0 ? ready : lots);
  const { issuer } = world.classes.get(classId)!;
  if (ready.length > 0) return command(terms.seller, token, 'mintFromLot', [classId, lot, issuer, 3n, 0n]);
  if (world.assetHooks.get(terms.asset) !== issuer) return command(issuer, terms.asset, 'setHook', [issuer]);
  const [name, args] = random.pick<readonly [string, readonly unknown[]]>([
    ['mint', [classId, anActor(scene), 5n, 1n, 0n]],
    ['publishPolicy', [classId, 'ipfs://x', random.bytes32()]],
    ['transferIssuer', [classId, anActor(scene)]],
    ['openRefunds', [classId, lot]],
    ['freezeShares', [classId]],
  ]);
  const armed: Armed = { target: token, name, args };
  return command(issuer, issuer, 'arm', [armed]);
};

function onAsset(name: 'approve' | 'mint' | 'setMode' | 'setHook'): Idea {
  return (scene) => {
    const { random, world } = scene;
    const { token, market, assets } = world.addresses;
    const account = anActor(scene);
    const args = {
      approve: () => [random.pick([token, market]), random.chance(85) ? 2n ** 255n : random.upTo(2n ** 64n)],
      mint: () => [account, random.chance(90) ? 10n ** 30n : 2n ** 130n],
      setHook: () => [random.chance(70) ? account : zeroAddress],
      setMode: () => [
        account,
        random.weighted([
          [70, 0],
          [15, 1],
          [15, 2],
        ] as const),
      ],
    }[name]();
    return command(account, random.pick(assets).address, name, args);
  };
}

const otherIdeas: Ideas = [
  [5, toExtension],
  [25, aView],
  [8, channelState],
  [4, nonsense],
  [5, unwanted],
  [12, setRejects],
  [20, arm],
  [35, saleWithCallback],
  [14, onAsset('approve')],
  [8, onAsset('mint')],
  [12, onAsset('setMode')],
  [8, onAsset('setHook')],
];

const ideas: Ideas = [
  ...tokenIdeas,
  ...lifecycleIdeas,
  ...approvalIdeas,
  ...channelIdeas,
  ...otherIdeas,
  [110, capture],
  [25, permit],
];

/** What every world begins with: assets to spend, and some classes. */
export function firstCommands(scene: Scene): readonly Command[] {
  const { actors, assets, token, market } = scene.world.addresses;
  const funding = actors.flatMap((actor) =>
    assets.flatMap(({ address }) => [
      command(actor, address, 'mint', [actor, 2n ** 130n]),
      command(actor, address, 'approve', [token, 2n ** 255n]),
      command(actor, address, 'approve', [market, 2n ** 255n]),
    ]),
  );
  const classes = Array.from({ length: 4 }, () => createClassWithTerms(scene)).flatMap((made) => made ?? []);
  return [...funding, ...classes];
}

export function nextCommand(scene: Scene): Command {
  for (;;) {
    const filling = scene.crowded && scene.random.chance(6) ? mint(scene) : undefined;
    if (filling !== undefined) return filling;
    const made = (scene.random.chance(12) ? ofTheSecond(scene) : undefined) ?? scene.random.weighted(ideas)(scene);
    if (made !== undefined) return made;
  }
}
