import {
  BaseError,
  dataAnchoringTokenAbi,
  seqOf,
  voucherDigest,
  zeroAddress,
  zeroHash,
  type Address,
  type Deployment,
} from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import { createRandom, deployErc20, developmentAccount, type Anvil } from '@kedge/testing';
import { keccak256, parseEventLogs } from 'viem';

const hash = (bytes: Uint8Array) => keccak256(bytes, 'bytes');
const someHash = `0x${'ab'.repeat(32)}` as const;
const people = [0, 1, 2, 3] as const;

const needToken = new Set(['refund', 'use', 'open', 'claim', 'sweep', 'burn', 'retire', 'split', 'renew']);
const appealWindow = 86_400;

export type History = {
  readonly deployment: Deployment;
  readonly asset: Address;
  readonly tokens: readonly bigint[];
  /** How often each action went through. */
  readonly done: Readonly<Record<string, number>>;
};

/**
 * Classes with parents, a beneficiary and lots in two assets, and then random actions: settlements, mints, sales, refunds,
 * captures, royalties, claims, withdrawals, sweeps, all that changes a token's life, and time. What the contract refuses is passed over.
 */
export async function writeHistory(anvil: Anvil, seed: number, steps: number): Promise<History> {
  const { below: random, pick } = createRandom(seed);
  const { publicClient, testClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  const clients = people.map((index) =>
    createKedgeClient({ publicClient, walletClient: anvil.walletOf(index), deployment }),
  );
  const [issuer] = clients as [KedgeClient];
  const asset = await deployErc20({ publicClient, walletClient: anvil.walletOf(0) }, 10n ** 30n);
  const addressOf = (index: number): Address => developmentAccount(index).address;
  const now = async (): Promise<bigint> => (await publicClient.getBlock()).timestamp;

  const base = {
    metadataURI: 'ipfs://m',
    integrityHash: someHash,
    policy: { uri: 'ipfs://p', hash: someHash },
  } as const;
  const root = await issuer.createClass({ ...base, kind: 'dataset' });
  const middle = await issuer.createClass({
    ...base,
    kind: 'model',
    parents: [{ classId: root.classId, royaltyBps: 1_234 }],
    beneficiary: addressOf(3),
  });
  const leaf = await issuer.createClass({
    ...base,
    kind: 'agent',
    parents: [
      { classId: root.classId, royaltyBps: 777 },
      { classId: middle.classId, royaltyBps: 3_333 },
    ],
    options: { appealWindow },
  });
  // Its shares wait for the end of a day.
  const slow = await issuer.createClass({ ...base, kind: 'agent', options: { activationDelay: 1 } });
  // Its shares earn after their tokens have expired.
  const lasting = await issuer.createClass({ ...base, kind: 'agent', options: { sharesOutliveExpiry: true } });
  const classIds = [root.classId, middle.classId, leaf.classId, slow.classId, lasting.classId];
  const edges = [
    { classId: middle.classId, parentIndex: 0n },
    { classId: leaf.classId, parentIndex: 0n },
    { classId: leaf.classId, parentIndex: 1n },
  ];
  const lots: { classId: bigint; lot: number }[] = [];
  for (const classId of [middle.classId, leaf.classId]) {
    for (const expiredToClass of [false, true]) {
      const price = { numerator: 1_001n, denominator: 7n };
      const made = await issuer.createLot({
        classId,
        price,
        operatorBps: 1_500,
        expiredToClass,
        ...(expiredToClass ? { asset } : {}),
      });
      const expireAt = expiredToClass ? (await now()) + 40_000n : 0n;
      await issuer.openListing({ classId, lot: made.lot, supply: 1_000_000n, expireAt });
      lots.push({ classId, lot: made.lot });
    }
  }

  const price = { numerator: 13n, denominator: 3n };
  const own = await issuer.createLot({ classId: leaf.classId, price, operatorBps: 100, seller: addressOf(0) });
  const costOf = (units: bigint) => (units * price.numerator + price.denominator - 1n) / price.denominator;

  const tokens: { tokenId: bigint; holder: number }[] = [];
  const channels: { open: Awaited<ReturnType<KedgeClient['openChannel']>>; units: bigint }[] = [];
  const assets = [zeroAddress, asset];
  const contract = { address: deployment.contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
  const write = async (
    index: number,
    functionName: 'sweepExpired' | 'recordUsage' | 'mintFromLot',
    args: readonly unknown[],
    value = 0n,
  ) => {
    const account = developmentAccount(index);
    const { request } = await publicClient
      .simulateContract({ ...contract, account, functionName, args, value } as never)
      .catch((cause: unknown) => {
        throw new BaseError('refused', { cause });
      });
    const transactionHash = await anvil.walletOf(index).writeContract(request as never);
    return publicClient.waitForTransactionReceipt({ hash: transactionHash, pollingInterval: 20 });
  };
  const actions: Readonly<Record<string, () => Promise<unknown>>> = {
    settle: () =>
      issuer.settleRevenue({ classId: pick(classIds), asset: pick(assets), amount: BigInt(1 + random(1_000_003)) }),
    mintShare: async () => {
      const holder = pick(people);
      const expireAt = random(2) === 0 ? 0n : (await now()) + BigInt(1 + random(20_000));
      const classId = pick(classIds);
      const shareRatio = BigInt(1 + random(5_000));
      const { tokenId } = await issuer.mintShare({ classId, to: addressOf(holder), shareRatio, expireAt });
      tokens.push({ tokenId, holder });
    },
    buy: async () => {
      const { tokenId } = await issuer.buyValue({ ...pick(lots), units: BigInt(1 + random(5_000)), to: addressOf(0) });
      tokens.push({ tokenId, holder: 0 });
    },
    refund: async () => {
      const { tokenId, holder } = pick(tokens);
      await clients[holder]!.refund({ tokenId, units: BigInt(1 + random(500)) });
    },
    use: async () => {
      const { tokenId, holder } = pick(tokens);
      await write(holder, 'recordUsage', [tokenId, someHash, BigInt(1 + random(500))]);
    },
    open: async () => {
      const { tokenId } = pick(tokens);
      const units = BigInt(1 + random(300));
      const open = await issuer.openChannel({
        tokenId,
        operator: addressOf(2),
        channelKey: addressOf(2),
        cap: units,
        rate: 1n,
        burst: units,
        deadline: (await now()) + 90_000n,
        mode: 'capped',
        salt: keccak256(`0x${channels.length.toString(16).padStart(4, '0')}`),
      });
      channels.push({ open, units });
    },
    capture: async () => {
      const { open, units } = pick(channels);
      const voucher = {
        channelId: open.channelId,
        cumulativeUnits: BigInt(1 + random(Number(units))),
        receiptHash: zeroHash,
        seq: seqOf(1n, BigInt(1 + random(1_000))),
      };
      const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.ValueChannels };
      const signature = await developmentAccount(2).sign({ hash: voucherDigest(domain, voucher, hash) });
      await clients[2]!.capture({ items: [{ channel: open.channel, voucher, signature }] });
    },
    collect: () => clients[1]!.collectRoyalty({ ...pick(edges), asset: pick(assets) }),
    claim: async () => {
      const { tokenId, holder } = pick(tokens);
      await clients[holder]!.claim({ tokenId, asset: pick(assets) });
    },
    withdraw: () => clients[pick([2, 3])]!.withdraw({ asset: pick(assets) }),
    sweep: () => write(1, 'sweepExpired', [pick(tokens).tokenId]),
    sell: async () => {
      const units = BigInt(1 + random(900));
      const args = [leaf.classId, own.lot, addressOf(0), units, 0n];
      const { logs } = await write(0, 'mintFromLot', args, costOf(units));
      const [backed] = parseEventLogs({ abi: dataAnchoringTokenAbi, logs, eventName: 'ValueBacked' });
      tokens.push({ tokenId: backed!.args.tokenId, holder: 0 });
      await issuer.topUp({ tokenId: backed!.args.tokenId, units: BigInt(1 + random(50)) });
    },
    burn: async () => {
      const { tokenId, holder } = pick(tokens);
      await clients[holder]!.burnValue({ tokenId, units: BigInt(1 + random(90)) });
    },
    retire: async () => {
      const { tokenId, holder } = pick(tokens);
      if (random(3) === 0) await clients[holder]!.retireShare({ tokenId });
    },
    split: async () => {
      const { tokenId, holder } = pick(tokens);
      const { shareRatio: share, value } = await issuer.getToken({ tokenId });
      const parts = [
        { share: share / 3n, units: value / 2n },
        { share: share - share / 3n, to: addressOf(holder) },
      ].filter((part) => part.share > 0n || (part.units ?? 0n) > 0n);
      const { tokenIds } = await clients[holder]!.split({ tokenId, parts });
      tokens.push(...tokenIds.map((made) => ({ tokenId: made, holder })));
    },
    renew: async () => {
      const { tokenId, holder } = pick(tokens);
      const terms = { tokenId, expireAt: (await now()) + 30_000n };
      await issuer.offerShareRenewal(terms);
      const { newTokenId } = await clients[holder]!.renewShare(terms);
      tokens.push({ tokenId: newTokenId, holder });
    },
    wait: () => testClient.mine({ blocks: 1, interval: 1 + random(4_000) }),
  };
  const done: Record<string, number> = {};
  const names = Object.keys(actions);
  for (let step = 0; step < steps; step++) {
    const name = pick(names);
    if (tokens.length === 0 && needToken.has(name)) continue;
    if (channels.length === 0 && name === 'capture') continue;
    try {
      await actions[name]!();
      done[name] = (done[name] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof BaseError)) throw error;
    }
  }
  // Long waits at the end, so that not everything expires before.
  const revocable = tokens.filter(({ tokenId }) => tokenId >> 64n === leaf.classId);
  for (const { tokenId } of revocable.slice(-3)) {
    try {
      await issuer.announceRevocation({ tokenId, reason: 'ipfs://reason' });
      await testClient.mine({ blocks: 2, interval: appealWindow });
      await issuer.revoke({ tokenId });
      await issuer.settleRevenue({ classId: leaf.classId, amount: 1_000n });
      done['revoke'] = (done['revoke'] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof BaseError)) throw error;
    }
  }
  return { deployment, asset, tokens: tokens.map(({ tokenId }) => tokenId), done };
}
