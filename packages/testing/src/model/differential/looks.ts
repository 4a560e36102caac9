import { type Address, type Channel, type Hex } from '@kedge/core';
import { encodeAbiParameters } from 'viem';
import { allowanceOf, balanceOf, eth } from '../assets.js';
import type { ReferenceToken } from '../referenceToken.js';
import { encodeRevert, Revert } from '../revert.js';
import { encodeCall, encodeResult } from './abis.js';
import type { Look } from './chain.js';

/** A view, and what the model says that it answers. */
export type Expected = { readonly look: Look; readonly answer: Hex; readonly words: string };

const firstToLast = [1n, 10_000n] as const;

/** Everything that the contracts show about the state of the model. */
export function lookAtEverything(reference: ReferenceToken, channels: readonly Channel[]): readonly Expected[] {
  const { world } = reference;
  const { addresses } = world;
  const assets: readonly Address[] = [eth, ...addresses.assets.map(({ address }) => address)];
  const holders = [...new Set([...addresses.actors, ...world.tokens.values().map(({ owner }) => owner)])];
  const accounts = [...new Set([...holders, addresses.token, addresses.channels, addresses.market])];
  const view = (target: Address, name: string, ...args: readonly unknown[]) => expect(reference, target, name, args);
  const ofToken = (name: string, ...args: readonly unknown[]) => view(addresses.token, name, ...args);
  const counted = new Set(channels);
  return [
    ...world.tokens
      .values()
      .flatMap(({ tokenId }) => [
        ...[
          'ownerOf',
          'valueOf',
          'shareRatioOf',
          'expireAtOf',
          'lotOf',
          'getApproved',
          'policyOfToken',
          'activateAtOf',
          'renewalOffer',
          'revocationOf',
          'locked',
        ].map((name) => ofToken(name, tokenId)),
        ofToken('royaltyInfo', tokenId, 10n ** 30n + 9_999n),
        ofToken('resaleOf', tokenId, assets),
        ...assets.map((asset) => ofToken('pendingRevenue', tokenId, asset)),
      ]),
    ...world.classes
      .values()
      .flatMap(({ classId, parents, policies }) => [
        ...[
          'classInfo',
          'getClassMeta',
          'parentsOf',
          'totalShareOf',
          'classOptions',
          'announcedPolicy',
          'pendingShareOf',
          'classSupply',
        ].map((name) => ofToken(name, classId)),
        ofToken('unitSupply', classId, 1, 2 ** 31),
        ...policies.map((_, i) => ofToken('policyOf', classId, i + 1)),
        ...assets.flatMap((asset) => [
          ofToken('revenueInfo', classId, asset),
          ...parents.map((_, edge) => ofToken('royaltyDue', classId, BigInt(edge), asset)),
        ]),
      ]),
    ...world.lots
      .values()
      .flatMap(({ classId, lot }) => [
        ofToken('lotInfo', classId, lot),
        ofToken('isSuperseded', classId, lot),
        ofToken('lotCostUp', classId, lot, 12_345n),
        view(addresses.market, 'listingOf', classId, lot),
      ]),
    ...world.locks.values().map(({ module, lockId }) => ofToken('lockInfo', module, lockId)),
    ...[...counted].map((channel) => view(addresses.channels, 'channelState', channel)),
    ...accounts.flatMap((account) => [
      ...assets.flatMap((asset) => [balance(reference, asset, account), ofToken('owedTo', account, asset)]),
      ofToken('balanceOf', account),
    ]),
    ...addresses.assets.map(({ address }) => allowance(reference, address, addresses.market, addresses.token)),
    ...assets.map((asset) => ofToken('solvency', asset, ...firstToLast)),
    ...[...world.addresses.actors, ...world.nonces.keys()].map((owner) => ofToken('nonces', owner)),
    ...world.usageAllowances.keys().map((key) => {
      const [owner, scope, operator] = key.split('/') as [Address, string, Address];
      return ofToken('usageAllowance', owner, BigInt(scope), operator);
    }),
    ...world.classOperators.keys().map((key) => {
      const [owner, classId, operator] = key.split('/') as [Address, string, Address];
      return ofToken('isApprovedForClass', owner, BigInt(classId), operator);
    }),
    ...world.operators.keys().map((key) => ofToken('isApprovedForAll', ...key.split('/'))),
    ofToken('classCount'),
  ];
}

const calls = new Map<string, Hex>();

/** Calls of views come again and again; their bytes are made once. */
function callOf(name: string, args: readonly unknown[]): Hex {
  if (args.some((arg) => typeof arg === 'object')) return encodeCall(name, args);
  const key = `${name}(${args.join()})`;
  const known = calls.get(key) ?? encodeCall(name, args);
  calls.set(key, known);
  return known;
}

function expect(reference: ReferenceToken, target: Address, name: string, args: readonly unknown[]): Expected {
  const { result, revert } = reference.read(target, name, args);
  const answer = revert instanceof Revert ? encodeRevert(revert) : answerOf(name, args, result);
  return { look: { target, data: callOf(name, args) }, answer, words: `${name}(${args.map(String).join(', ')})` };
}

function answerOf(name: string, args: readonly unknown[], result: unknown): Hex {
  return typeof result === 'bigint' ? word(result) : encodeResult(name, args, result);
}

function balance({ world }: ReferenceToken, asset: Address, account: Address): Expected {
  const answer = word(balanceOf(world, asset, account));
  const look =
    asset === eth ? { target: account, data: '0x' as Hex } : { target: asset, data: callOf('balanceOf', [account]) };
  return { look, answer, words: `balance of ${account} in ${asset}` };
}

function allowance({ world }: ReferenceToken, asset: Address, owner: Address, spender: Address): Expected {
  const answer = encodeAbiParameters([{ type: 'uint256' }], [allowanceOf(world, asset, owner, spender)]);
  const data = callOf('allowance', [owner, spender]);
  return { look: { target: asset, data }, answer, words: `allowance of ${owner} for ${spender} in ${asset}` };
}

function word(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
