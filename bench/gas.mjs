// Gas of whole transactions against the floor that our own storage layout allows, and against a naive ERC-8028 and
// published tokens and splitters in the same run. Exact: two runs print the same numbers.
//
// Floor (docs/reference/gas.md): 21,000 + calldata (4 a zero byte, 16 another) + what the state costs at least
// (cold read 2,100; cold write 0 -> x 22,100, x -> y 5,000; log 375 + 375 a topic + 8 a byte; first use of another
// account 2,600; a value transfer to a known account 100 + 9,000 - 2,300; ecrecover 100 + 3,000; a transient access 100).
// Opcodes, ABI decoding, hashing and dispatch are overhead.
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  concat,
  createTestClient,
  encodeAbiParameters,
  encodeFunctionData,
  http,
  keccak256,
  parseEther,
  publicActions,
  toHex,
  walletActions,
  zeroAddress,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import {
  channelIdOf,
  dataAnchoringTokenAbi,
  encodeCaptureItems,
  encodeChannel,
  protocolDomain,
  valueChannelsAbi,
  valueMarketAbi,
  voucherTypes,
} from '@kedge/core';
import {
  dataAnchoringTokenBytecode,
  dataAnchoringTokenExtensionBytecode,
  dataAnchoringTokenSecondExtensionBytecode,
  dataAnchoringTokenThirdExtensionBytecode,
  valueChannelsBytecode,
  valueMarketBytecode,
} from '@kedge/core/bytecode';
import { compilePeers, requirePublishedSplitMain } from './compilePeers.mjs';
import { installPeers } from './gateway/processes.mjs';
import { startAnvil } from './startAnvil.mjs';

const root = new URL('../', import.meta.url);
const json = (path) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const naiveArtifact = json('contracts/out/NaiveDAT.sol/NaiveDAT.json');
const erc3525 = json('node_modules/@solvprotocol/erc-3525/build/ERC3525BaseMock.json');

const mnemonic = 'test test test test test test test test test test test junk'; // anvil's public development mnemonic
const accounts = Array.from({ length: 8 }, (_, addressIndex) => mnemonicToAccount(mnemonic, { addressIndex }));
const [issuer, operator, holder, other, contributor] = accounts;
const far = 4_000_000_000n; // a deadline in the year 2096
const keccak = (bytes) => keccak256(bytes, 'bytes');
const hashOf = (text) => keccak256(toHex(text));

/** Runs the benchmark; answers with one row an operation. */
export async function measureGas() {
  installPeers();
  const anvil = await startAnvil(['--hardfork', 'osaka', '--gas-limit', '60000000']);
  try {
    return await measureOn(anvil.rpcUrl);
  } finally {
    await anvil.stop();
  }
}

async function measureOn(rpcUrl) {
  const chain = createTestClient({ mode: 'anvil', chain: foundry, transport: http(rpcUrl), pollingInterval: 5 })
    .extend(publicActions)
    .extend(walletActions);
  const rows = [];

  /** Asks until it is there. viem's own waiting looks again at the next block, and this chain makes none without a call. */
  async function receiptOf(hash) {
    for (;;) {
      const receipt = await chain.request({ method: 'eth_getTransactionReceipt', params: [hash] });
      if (receipt) return { ...receipt, status: receipt.status === '0x1' ? 'success' : 'reverted' };
      await setTimeout(2);
    }
  }
  async function send(account, to, data, value = 0n) {
    const hash = await chain.sendTransaction({ account, to, data, value, gas: 20_000_000n });
    const receipt = await receiptOf(hash);
    if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`);
    return { receipt, data };
  }
  async function deploy(bytecode, types = [], values = []) {
    const data = types.length
      ? concat([
          bytecode,
          encodeAbiParameters(
            types.map((type) => ({ type })),
            values,
          ),
        ])
      : bytecode;
    const hash = await chain.sendTransaction({ account: issuer, data, gas: 20_000_000n });
    return (await receiptOf(hash)).contractAddress;
  }
  const caller = (address, abi) => (account, functionName, args, value) =>
    send(account, address, encodeFunctionData({ abi, functionName, args }), value);

  function record(operation, sent, state, peers = {}) {
    const calldata = calldataGas(sent.data);
    const stateGas = stateFloor(state, sent.receipt);
    const spent = 21_000 + calldata.standard + stateGas;
    const refund = Math.min(4_800 * (state.cleared ?? 0), Math.floor(spent / 5));
    const floor = Math.max(spent - refund, 21_000 + calldata.floor);
    rows.push({ operation, gas: Number(sent.receipt.gasUsed), floor, ...peers });
    return sent;
  }

  const third = await deploy(dataAnchoringTokenThirdExtensionBytecode);
  const second = await deploy(dataAnchoringTokenSecondExtensionBytecode, ['address'], [third]);
  const extension = await deploy(dataAnchoringTokenExtensionBytecode, ['address'], [second]);
  const token = await deploy(
    dataAnchoringTokenBytecode,
    ['string', 'string', 'address'],
    ['Kedge Data Anchoring Token', 'DAT', extension],
  );
  const channels = await deploy(valueChannelsBytecode, ['address'], [token]);
  const market = await deploy(valueMarketBytecode, ['address'], [token]);
  const dat = caller(token, dataAnchoringTokenAbi);
  const id = (classId, lot, serial) => (BigInt(classId) << 64n) | (BigInt(lot) << 32n) | BigInt(serial);

  const naiveAddress = await deploy(naiveArtifact.bytecode.object);
  const naive = caller(naiveAddress, naiveArtifact.abi);
  const sft = caller(await deploy(erc3525.bytecode, ['string', 'string', 'uint8'], ['Peer', 'P', 0]), erc3525.abi);
  const gasOf = async (sent) => Number((await sent).receipt.gasUsed);

  const built = compilePeers();
  const multi = caller(await deploy(built.erc1155.bytecode), built.erc1155.abi);
  const single = caller(await deploy(built.erc721.bytecode), built.erc721.abi);
  const splitter = await deploy(
    built.paymentSplitter.bytecode,
    ['address[]', 'uint256[]'],
    [
      [contributor.address, other.address],
      [100n, 100n],
    ],
  );
  const split = caller(splitter, built.paymentSplitter.abi);
  const splits = await createSplits(built.splitMain);

  // One class without parents, as the draft makes it.
  await dat(issuer, 'createClass', ['ipfs://metadata', toHex(1, { size: 32 }), 0, 'ipfs://policy']);
  await naive(issuer, 'createClass', ['ipfs://metadata', toHex(1, { size: 32 }), 0, 'ipfs://policy']);
  await dat(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n]);
  await dat(issuer, 'mint', [1n, other.address, 1_000n, 0n, 0n]);
  await naive(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n]);
  await naive(issuer, 'mint', [1n, other.address, 1_000n, 0n, 0n]);
  await sft(issuer, 'mint', [holder.address, 1n, 1n, 1_000n]);
  await sft(issuer, 'mint', [other.address, 2n, 1n, 1_000n]);
  await multi(issuer, 'mint', [other.address, 1n, 1_000n]);
  await single(issuer, 'mint', [holder.address, 1n]);
  await single(issuer, 'mint', [other.address, 2n]);

  const minted = [3, 128]; // Minted
  const transferLogs = [
    [4, 0], // TransferToken
    [4, 0], // ERC-721 Transfer
  ];
  record(
    'mint, value only',
    await dat(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n]),
    {
      fresh: 1, // token
      updated: 2, // class head, holder's count
      logs: [minted, ...transferLogs],
    },
    {
      naive: await gasOf(naive(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n])),
      erc3525: await gasOf(sft(issuer, 'mint', [holder.address, 3n, 1n, 1_000n])),
      erc1155: await gasOf(multi(issuer, 'mint', [holder.address, 1n, 1_000n])),
      erc721: await gasOf(single(issuer, 'mint', [holder.address, 3n])),
    },
  );
  await dat(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]);
  await naive(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]);
  record(
    'mint, with a share',
    await dat(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]),
    {
      fresh: 2, // token, share
      updated: 3, // class head, class share, holder's count
      logs: [minted, ...transferLogs],
    },
    { naive: await gasOf(naive(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n])) },
  );

  record(
    'transfer token',
    await dat(holder, 'transferToken', [id(1, 1, 1), other.address]),
    {
      updated: 3, // token, both holders' counts
      read: 1, // token approval
      logs: transferLogs,
    },
    {
      naive: await gasOf(naive(holder, 'transferToken', [1n, other.address])),
      erc3525: await gasOf(sft(holder, 'transferFrom', [holder.address, other.address, 1n])),
      erc721: await gasOf(single(holder, 'transferFrom', [holder.address, other.address, 1n])),
    },
  );
  record(
    'transfer value',
    await dat(other, 'transferValue', [id(1, 1, 1), id(1, 1, 2), 10n]),
    {
      updated: 2,
      logs: [[3, 32]],
    },
    {
      naive: await gasOf(naive(other, 'transferValue', [1n, 2n, 10n])),
      erc3525: await gasOf(sft(other, 'transferFrom', [1n, 2n, 10n])),
      erc1155: await gasOf(multi(other, 'safeTransferFrom', [other.address, holder.address, 1n, 10n, '0x'])),
    },
  );
  const metric = toHex(7, { size: 32 });
  record(
    'record usage, by the owner',
    await dat(other, 'recordUsage', [id(1, 1, 2), metric, 5n]),
    {
      updated: 1,
      logs: [
        [2, 96],
        [2, 0], // UsageSelfReported
      ],
    },
    { naive: await gasOf(naive(other, 'recordUsage', [2n, metric, 5n])) },
  );
  record(
    'approve for a class',
    await dat(other, 'approveForClass', [1n, operator.address, true]),
    {
      fresh: 1,
      logs: [[4, 32]],
    },
    {
      naive: await gasOf(naive(other, 'approveForClass', [1n, operator.address, true])),
      erc1155: await gasOf(multi(other, 'setApprovalForAll', [operator.address, true])),
    },
  );
  record(
    'record usage, by an operator',
    await dat(operator, 'recordUsage', [id(1, 1, 2), metric, 5n]),
    {
      updated: 1,
      read: 1,
      logs: [[2, 96]],
    },
    { naive: await gasOf(naive(operator, 'recordUsage', [2n, metric, 5n])) },
  );

  const accrued = [
    [3, 32],
    [3, 128],
  ]; // RevenueSettled, RevenueAccrued
  await splits.settle();
  await dat(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  await naive(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  record(
    'settle ETH',
    await dat(issuer, 'settleRevenueETH', [1n], parseEther('1')),
    {
      updated: 2, // index, received
      read: 1, // class share
      transient: 1, // the guard is looked at
      logs: accrued,
    },
    {
      naive: await gasOf(naive(issuer, 'settleRevenueETH', [1n], parseEther('1'))),
      paymentSplitter: await gasOf(send(issuer, splitter, '0x', parseEther('1'))),
      splits: await splits.settle(),
    },
  );
  await dat(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]);
  record('settle ETH, first after the shares changed', await dat(issuer, 'settleRevenueETH', [1n], parseEther('1')), {
    fresh: 1, // checkpoint
    updated: 2,
    read: 1,
    transient: 1,
    logs: accrued,
  });
  const shareToken = id(1, 1, 4);
  // Read: the token, its share, the index. Updated: the class's books.
  const claimState = { read: 3, updated: 1, transient: 3, logs: [[4, 32]], valueCalls: 1 };
  record(
    'claim ETH, first',
    await dat(contributor, 'claim', [shareToken, zeroAddress, contributor.address]),
    // Fresh: the token's claim state. Read: the entry's index, searched among two checkpoints.
    { ...claimState, fresh: 1, read: 5 },
    {
      naive: await gasOf(naive(contributor, 'claim', [4n, zeroAddress, contributor.address])),
      paymentSplitter: await gasOf(split(contributor, 'release', [contributor.address])),
      splits: await splits.claim(),
    },
  );
  await send(issuer, splitter, '0x', parseEther('1'));
  await splits.settle();
  await dat(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  await naive(issuer, 'settleRevenueETH', [1n], parseEther('1'));
  record(
    'claim ETH, later',
    await dat(contributor, 'claim', [shareToken, zeroAddress, contributor.address]),
    { ...claimState, updated: 2 }, // and the token's claim state
    {
      naive: await gasOf(naive(contributor, 'claim', [4n, zeroAddress, contributor.address])),
      paymentSplitter: await gasOf(split(contributor, 'release', [contributor.address])),
      splits: await splits.claim(),
    },
  );
  await measureChannels();
  return rows;

  /** A split of 0xSplits between two accounts. Gas of a payment with its distribution, and of a withdrawal. */
  async function createSplits({ bytecode, abi }) {
    const address = await deploy(bytecode);
    const main = caller(address, abi);
    const read = (functionName, args = []) => chain.readContract({ address, abi, functionName, args });
    requirePublishedSplitMain(await chain.getCode({ address }), await read('walletImplementation'));
    const payees = [contributor.address, other.address].toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const terms = [payees, [500_000, 500_000], 0];
    await main(issuer, 'createSplit', [...terms, zeroAddress]);
    const wallet = await read('predictImmutableSplitAddress', terms);
    return {
      settle: async () =>
        (await gasOf(send(issuer, wallet, '0x', parseEther('1')))) +
        (await gasOf(main(issuer, 'distributeETH', [wallet, ...terms, zeroAddress]))),
      claim: () => gasOf(main(contributor, 'withdraw', [contributor.address, 1n, []])),
    };
  }

  /** Backed value, channels and royalties, which the peers do not have. */
  async function measureChannels() {
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
      seller: market,
    };
    await dat(operator, 'createLot', [3n, lotTerms]);
    const lot = 0x80000001;
    const sell = caller(market, valueMarketAbi);
    await sell(operator, 'openListing', [3n, lot, 10n ** 15n, 0n]);
    const units = 1_000_000n;
    const cost = units * 10n ** 12n;
    await sell(holder, 'buy', [3n, lot, units, holder.address, cost], cost);
    record('buy backed value', await sell(holder, 'buy', [3n, lot, units, holder.address, cost], cost), {
      fresh: 1, // token
      updated: 5, // listing, class head, holder's count, lot, the class's backing
      read: 3, // lot's terms, price and seller
      transient: 2, // the guards of market and token are looked at
      accounts: 1, // token
      valueCalls: 1,
      logs: [minted, ...transferLogs, [2, 64], [4, 96]],
    });

    // Every channel has a holder, a token and a deadline of its own, and salts and receipt hashes are hashes, as in life.
    const holders = Array.from({ length: 111 }, (_, index) =>
      mnemonicToAccount(mnemonic, { addressIndex: 100 + index }),
    );
    const open = (account, channel) =>
      dat(account, 'lock', [channel.tokenId, channel.cap, channels, encodeChannel(channel)]);
    let opened;
    const all = [];
    for (const [index, account] of holders.entries()) {
      await chain.setBalance({ address: account.address, value: parseEther('1000') });
      await sell(account, 'buy', [3n, lot, units, account.address, cost], cost);
      const [tokenId] = await tokensOf(account.address, 3n);
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
      opened = await open(account, channel);
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

    const domain = { chainId: foundry.id, verifyingContract: channels };
    const itemOf = async (channel, cumulativeUnits) => {
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
    };
    const call = caller(channels, valueChannelsAbi);
    const capture = (account, items, ...rest) => call(account, 'capture', [encodeCaptureItems(items), ...rest]);
    const edges = [{ classId: 3n, parentIndex: 0n, asset: zeroAddress }];
    const anchors = [
      {
        epoch: 1,
        firstBatch: 1n,
        lastBatch: 2n,
        root: toHex(3, { size: 32 }),
        cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
      },
    ];
    await capture(operator, [await itemOf(all[0], 10_000n)], edges, anchors);
    // Every account, slot and checkpoint below was used before, as in the life of a gateway.
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
    record('capture, 1 channel', await capture(operator, [await itemOf(all[0], 20_000n)], [], []), capturing);
    record(
      'capture, 1 channel, its royalty and an anchor',
      await capture(operator, [await itemOf(all[0], 30_000n)], edges, anchors),
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
      const sent = await capture(operator, isSigned ? batch : batch.map(unsigned), [], []);
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
    record('refund', await dat(holders[0], 'refund', [all[0].tokenId, 1_000n, holders[0].address]), {
      updated: 3, // token, lot, backing
      transient: 3,
      read: 2, // lot's terms and price
      valueCalls: 1,
      logs: [[3, 64]],
    });
    await dat(operator, 'withdraw', [zeroAddress, operator.address]);
    await capture(operator, [await itemOf(all[0], 40_000n)], edges, []);
    record("withdraw the operator's cut", await dat(operator, 'withdraw', [zeroAddress, operator.address]), {
      updated: 2, // owed, all owed
      transient: 3,
      cleared: 2,
      valueCalls: 1,
      logs: [[4, 32]],
    });
  }

  async function tokensOf(owner, classId) {
    const logs = await chain.getContractEvents({
      address: token,
      abi: dataAnchoringTokenAbi,
      eventName: 'TransferToken',
      args: { to: owner },
      fromBlock: 0n,
    });
    return logs.map((log) => log.args.tokenId).filter((tokenId) => tokenId >> 64n === classId);
  }
}

function calldataGas(data) {
  const bytes = data.slice(2).match(/../g) ?? [];
  const zero = bytes.filter((byte) => byte === '00').length;
  const rest = bytes.length - zero;
  return { standard: 4 * zero + 16 * rest, floor: 10 * (zero + 4 * rest) };
}

function stateFloor(state) {
  const {
    fresh = 0,
    updated = 0,
    read = 0,
    transient = 0,
    logs = [],
    accounts: cold = 0,
    valueCalls = 0,
    recovers = 0,
  } = state;
  const logGas = logs.reduce((sum, [topics, bytes]) => sum + 375 + 375 * topics + 8 * bytes, 0);
  return (
    22_100 * fresh +
    5_000 * updated +
    2_100 * read +
    100 * transient +
    logGas +
    2_600 * cold +
    6_800 * valueCalls +
    3_100 * recovers
  );
}

/** The rows as a Markdown table: what docs/reference/gas.md holds. */
export function gasTable(rows) {
  const peers = ['naive', 'erc3525', 'erc1155', 'erc721', 'paymentSplitter', 'splits'];
  const number = (value) => (value === undefined ? '' : value.toLocaleString('en-US'));
  const lines = rows.map(
    ({ operation, gas, floor, ...row }) =>
      `| ${operation} | ${number(gas)} | ${number(floor)} | +${((gas / floor - 1) * 100).toFixed(1)} % | ${peers.map((peer) => number(row[peer])).join(' | ')} |`,
  );
  return [
    '| Operation | Gas | Floor | Over floor | Naive ERC-8028 | ERC-3525 | ERC-1155 | ERC-721 | PaymentSplitter | 0xSplits |',
    `| --- |${' ---: |'.repeat(3 + peers.length)}`,
    ...lines,
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await measureGas();
  console.log(process.argv.includes('--json') ? JSON.stringify(rows) : gasTable(rows));
  if (process.argv.includes('--write')) {
    const page = new URL('docs/reference/gas.md', root);
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(/^\| Operation [^]*?\n(?=\n)/m, () => `${gasTable(rows)}\n`),
    );
  }
}
