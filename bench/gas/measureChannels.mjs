import {
  channelIdOf,
  dataAnchoringTokenAbi,
  encodeCaptureItems,
  encodeChannel,
  protocolDomain,
  voucherTypes,
} from '@kedge/core';
import { keccak256, parseEther, toHex, zeroAddress } from 'viem';
import { foundry } from 'viem/chains';
import { minted, transferLogs } from './kedge.mjs';
import { accountAt, contributor, holder, operator } from './openBench.mjs';

const far = 4_000_000_000n; // a deadline in the year 2096
const keccak = (bytes) => keccak256(bytes, 'bytes');
const hashOf = (text) => keccak256(toHex(text));

const lot = 0x80000001;
const units = 1_000_000n;
const cost = units * 10n ** 12n;
// Every channel has a holder, a token and a deadline of its own, and salts and receipt hashes are hashes, as in life.
const holders = Array.from({ length: 111 }, (_, index) => accountAt(100 + index));
const edges = [{ classId: 3n, parentIndex: 0n, asset: zeroAddress }];

/** Backed value, channels and royalties, which the peers do not have. Comes after class 1. */
export async function measureChannels(bench, kedge) {
  await sellValue(bench, kedge);
  const all = await openAll(bench, kedge);
  const domain = { chainId: foundry.id, verifyingContract: kedge.addresses.channels };
  const capture = (items, ...rest) => kedge.channels(operator, 'capture', [encodeCaptureItems(items), ...rest]);
  const itemOf = (channel, cumulativeUnits) => signedItem(domain, channel, cumulativeUnits);
  await measureCaptures(bench, all, itemOf, capture);
  await measureEnds(bench, kedge, all[0], async () => capture([await itemOf(all[0], 40_000n)], edges, []));
}

/** Class 3, an agent on the dataset of class 2, and a lot of it on sale. */
async function sellValue({ record }, { dat, market, addresses }) {
  const policyHash = toHex(9, { size: 32 });
  const terms = {
    metadataURI: 'ipfs://m',
    integrityHash: policyHash,
    unitDecimals: 3,
    policyURI: 'ipfs://p',
    policyHash,
    beneficiary: zeroAddress,
  };
  await dat(contributor, 'createClassWithTerms', [{ ...terms, kind: 1, parents: [] }]);
  await dat(contributor, 'mint', [2n, contributor.address, 0n, 100n, 0n]);
  await dat(operator, 'createClassWithTerms', [{ ...terms, kind: 3, parents: [{ classId: 2n, royaltyBps: 3000 }] }]);
  await dat(operator, 'mint', [3n, operator.address, 0n, 100n, 0n]);
  const lotTerms = {
    asset: zeroAddress,
    priceNumerator: 10n ** 12n,
    priceDenominator: 1n,
    operatorBps: 2000,
    refundable: true,
    expiredToClass: false,
    seller: addresses.market,
  };
  await dat(operator, 'createLot', [3n, lotTerms]);
  await market(operator, 'openListing', [3n, lot, 10n ** 15n, 0n]);
  await market(holder, 'buy', [3n, lot, units, holder.address, cost], cost);
  record('buy backed value', await market(holder, 'buy', [3n, lot, units, holder.address, cost], cost), {
    fresh: 1, // token
    updated: 5, // listing, class head, holder's count, lot, the class's backing
    read: 3, // lot's terms, price and seller
    transient: 2, // the guards of market and token are looked at
    accounts: 1, // token
    valueCalls: 1,
    logs: [minted, ...transferLogs, [2, 64], [4, 96]],
  });
}

/** A channel for each holder, who buys a token for it. */
async function openAll(bench, { dat, market, addresses }) {
  const { chain, record } = bench;
  let opened;
  const all = [];
  for (const [index, account] of holders.entries()) {
    await chain.setBalance({ address: account.address, value: parseEther('1000') });
    await market(account, 'buy', [3n, lot, units, account.address, cost], cost);
    const tokenId = await boughtBy(bench, addresses.token, account.address);
    const channel = {
      holder: account.address,
      tokenId,
      operator: operator.address,
      channelKey: operator.address,
      cap: units - 1_000n,
      rate: 1_000n,
      burst: 100_000n,
      deadline: far + BigInt(index),
      grace: 86_400,
      mode: 'capped',
      salt: hashOf(`salt ${index}`),
    };
    opened = await dat(account, 'lock', [tokenId, channel.cap, addresses.channels, encodeChannel(channel)]);
    all.push(channel);
  }
  record('open a channel', opened, {
    fresh: 1, // lock
    updated: 1, // token
    transient: 3, // the guard
    accounts: 1, // channels
    logs: [
      [4, 352],
      [4, 32],
    ],
  });
  return all;
}

async function boughtBy({ chain }, token, owner) {
  const logs = await chain.getContractEvents({
    address: token,
    abi: dataAnchoringTokenAbi,
    eventName: 'TransferToken',
    args: { to: owner },
    fromBlock: 0n,
  });
  return logs[0].args.tokenId;
}

async function signedItem(domain, channel, cumulativeUnits) {
  const channelId = channelIdOf(domain, channel, keccak);
  const receiptHash = hashOf(`receipt ${channelId} ${cumulativeUnits}`);
  const voucher = { channelId, cumulativeUnits, receiptHash, seq: (1n << 32n) | cumulativeUnits };
  const signature = await operator.signTypedData({
    domain: protocolDomain(domain),
    types: voucherTypes,
    primaryType: 'Voucher',
    message: voucher,
  });
  return { channel, voucher, signature };
}

/** Every account, slot and checkpoint was used before, as in the life of a gateway. */
async function measureCaptures({ record, rows }, all, itemOf, capture) {
  const anchors = [
    {
      epoch: 1,
      firstBatch: 1n,
      lastBatch: 2n,
      root: toHex(3, { size: 32 }),
      cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
    },
  ];
  await capture([await itemOf(all[0], 10_000n)], edges, anchors);
  const capturing = {
    updated: 7, // lot's units, backing, owed to the operator, all owed, the class's index and received, and the lock
    read: 3, // lot's terms and price, class's shares
    accounts: 1, // token
    logs: [
      [2, 96],
      [4, 64],
      [3, 32],
      [3, 32],
      [3, 128],
      [2, 128],
    ],
    recovers: 1,
    transient: 1, // the guard is looked at where backing is released
  };
  record('capture, 1 channel', await capture([await itemOf(all[0], 20_000n)], [], []), capturing);
  record(
    'capture, 1 channel, its royalty and an anchor',
    await capture([await itemOf(all[0], 30_000n)], edges, anchors),
    {
      ...capturing,
      updated: 10, // and collected, the parent's index and received
      transient: 2,
      read: 6, // and the edge, its list's length, the parent's shares
      logs: [...capturing.logs, [4, 64], [3, 128], [3, 256]],
    },
  );
  // Signed items may be relayed by anyone; without signatures the channel key sends them, as a gateway does.
  const unsigned = ({ channel, voucher }) => ({ channel, voucher });
  for (const [many, isSigned, cumulativeUnits] of [
    [10, true, 10_000n],
    [100, true, 20_000n],
    [1, false, 30_000n],
    [10, false, 40_000n],
    [100, false, 50_000n],
  ]) {
    const batch = await Promise.all(all.slice(1, 1 + many).map((channel) => itemOf(channel, cumulativeUnits)));
    const sent = await capture(isSigned ? batch : batch.map(unsigned), [], []);
    const what = `capture, ${many} channel${many === 1 ? '' : 's'}`;
    record(isSigned ? what : `${what}, sent by the key`, sent, {
      updated: 6 + many, // those of one release, and each lock
      read: 3, // lot's terms and price, class's shares
      transient: 1,
      accounts: 1,
      logs: [
        ...capturing.logs.slice(1, 5),
        ...Array.from({ length: many }, () => [
          [2, 96],
          [2, 128],
        ]).flat(),
      ],
      recovers: isSigned ? many : 0,
    });
    rows.at(-1).each = Math.round(rows.at(-1).gas / many);
  }
}

async function measureEnds({ record }, { dat }, channel, captureMore) {
  record('refund', await dat(holders[0], 'refund', [channel.tokenId, 1_000n, holders[0].address]), {
    updated: 3, // token, lot, backing
    transient: 3,
    read: 2, // lot's terms and price
    valueCalls: 1,
    logs: [[3, 64]],
  });
  await dat(operator, 'withdraw', [zeroAddress, operator.address]);
  await captureMore();
  record("withdraw the operator's cut", await dat(operator, 'withdraw', [zeroAddress, operator.address]), {
    updated: 2, // owed, all owed
    transient: 3,
    cleared: 2,
    valueCalls: 1,
    logs: [[4, 32]],
  });
}
