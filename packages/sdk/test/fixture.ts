import { seqOf, voucherDigest, zeroHash, type Channel, type Deployment, type Hex } from '@kedge/core';
import { developmentAccount, startAnvil, type Anvil } from '@kedge/testing';
import { keccak256 } from 'viem';
import { expect } from 'vitest';
import { createKedgeClient, deployContracts, type CaptureItem, type KedgeClient } from '../src/index.js';

export const hash = (bytes: Uint8Array) => keccak256(bytes, 'bytes');
export const someHash: Hex = `0x${'ab'.repeat(32)}`;
export const policy = { uri: 'ipfs://policy', hash: someHash };

/** Development accounts by role. */
export const roles = { issuer: 0, contributor: 1, operator: 2, consumer: 3, stranger: 4 } as const;
export type Role = keyof typeof roles;
export const addressOf = (role: Role) => developmentAccount(roles[role]).address;

export type Stage = { anvil: Anvil; deployment: Deployment; as: (role: Role) => KedgeClient };

/** A chain of its own with the contracts, and one client for each role. */
export async function startStage(): Promise<Stage> {
  const anvil = await startAnvil();
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.issuer) });
  const clients = new Map<Role, KedgeClient>();
  const as = (role: Role) => {
    const made = clients.get(role);
    if (made !== undefined) return made;
    const client = createKedgeClient({ publicClient, walletClient: anvil.walletOf(roles[role]), deployment });
    clients.set(role, client);
    return client;
  };
  return { anvil, deployment, as };
}

/** A dataset class with a share of the contributor, and an agent class that pays it 3,000 basis points. */
export async function createClasses({ as }: Stage) {
  const issuer = as('issuer');
  const dataset = await as('contributor').createClass({
    kind: 'dataset',
    metadataURI: 'ipfs://d',
    integrityHash: someHash,
  });
  const agent = await issuer.createClass({
    kind: 'agent',
    metadataURI: 'ipfs://a',
    integrityHash: someHash,
    unitDecimals: 3,
    policy,
    parents: [{ classId: dataset.classId, royaltyBps: 3_000 }],
  });
  const datasetShare = await as('contributor').mintShare({
    classId: dataset.classId,
    to: addressOf('contributor'),
    shareRatio: 10_000n,
  });
  const agentShare = await issuer.mintShare({
    classId: agent.classId,
    to: addressOf('operator'),
    shareRatio: 10_000n,
  });
  return {
    datasetId: dataset.classId,
    agentId: agent.classId,
    datasetShareId: datasetShare.tokenId,
    agentShareId: agentShare.tokenId,
  };
}

export const price = { numerator: 10n ** 12n, denominator: 1n };

/** The classes, and a lot of the agent class on sale: 0.001 ETH a unit of 1,000 base units. */
export async function createSale(stage: Stage, terms: { expireAt?: bigint; refundable?: boolean } = {}) {
  const classes = await createClasses(stage);
  const issuer = stage.as('issuer');
  const { refundable = true, expireAt = 0n } = terms;
  const { lot } = await issuer.createLot({ classId: classes.agentId, price, operatorBps: 2_000, refundable });
  await issuer.openListing({ classId: classes.agentId, lot, supply: 10_000_000n, expireAt });
  return { ...classes, lot };
}

/** The sale, value of the consumer, and a capped channel over all of it. */
export async function createChannel(stage: Stage, units = 1_000_000n) {
  const sale = await createSale(stage);
  const { tokenId } = await stage.as('consumer').buyValue({ classId: sale.agentId, lot: sale.lot, units });
  const { timestamp } = await stage.anvil.publicClient.getBlock();
  const opened = await stage.as('consumer').openChannel({
    tokenId,
    operator: addressOf('operator'),
    channelKey: addressOf('operator'),
    cap: units,
    rate: 1n,
    burst: units,
    deadline: timestamp + 86_400n,
    mode: 'capped',
    salt: someHash,
  });
  return { ...sale, tokenId, channel: opened.channel, channelId: opened.channelId };
}

/** A voucher over `cumulativeUnits`, signed by the operator's key. */
export async function signVoucher(
  stage: Stage,
  { channel, channelId }: { channel: Channel; channelId: Hex },
  cumulativeUnits: bigint,
): Promise<CaptureItem> {
  const voucher = { channelId, cumulativeUnits, receiptHash: zeroHash, seq: seqOf(1n, 1n) };
  const domain = {
    chainId: stage.deployment.chainId,
    verifyingContract: stage.deployment.contracts.ValueChannels,
  };
  const digest = voucherDigest(domain, voucher, hash);
  const signature = await developmentAccount(roles.operator).sign({ hash: digest });
  return { channel, voucher, signature };
}

/** How many transactions of an account the node has taken: it answers one before that is in a block. */
export function countSent(stage: Stage, role: Role): Promise<number> {
  return stage.anvil.publicClient.getTransactionCount({ address: addressOf(role), blockTag: 'pending' });
}

/** That an action is refused, and has sent nothing by then. */
export async function refusedUnsent(
  stage: Stage,
  role: Role,
  doing: () => Promise<unknown>,
  refusal: object,
): Promise<void> {
  const before = await countSent(stage, role);
  await expect(doing()).rejects.toMatchObject(refusal);
  expect(await countSent(stage, role)).toBe(before);
}
