import {
  BaseError,
  channelFromAbi,
  channelToAbi,
  dataAnchoringTokenAbi,
  encodeCaptureItems,
  type Hex,
  isBackedLot,
  splitTokenId,
  valueChannelsAbi,
} from '@kedge/core';
import { afterWrites, gasWithRoom, noteBlock, readEvents } from '@kedge/sdk';
import {
  type Abi,
  BaseError as ViemError,
  decodeErrorResult,
  encodeFunctionData,
  keccak256,
  parseEventLogs,
  parseTransaction,
  type TransactionReceipt,
  type TransactionSerializableEIP1559,
  TransactionReceiptNotFoundError,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { GatewayContracts } from '../gatewayConfig.js';
import { reasonOf } from '../structuredLog.js';
import { maxTransactionBytes, maxTransactionGas } from '../capture/captureChunk.js';
import { blocksOfSecond } from './blocksOfSecond.js';
import { checkFees } from './checkFees.js';
import { connectChain, sendRaw } from './connectChain.js';
import type { Capture, CaptureOutcome, GatewayChain } from './gatewayChain.js';
import { replacementFees } from './replacementFees.js';

const dearest = 3n;
// A signed transaction's fields beside its data, with room.
const envelopeBytes = 300;

/** The chain over JSON-RPC. Transactions are signed here, so that they are known before the node sees them. */
export function createViemChain(options: {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly contracts: GatewayContracts;
  readonly operator: OperatorKey;
  readonly maxFeePerGasGwei: number;
}): GatewayChain {
  const { chainId, contracts, maxFeePerGasGwei } = options;
  const account = privateKeyToAccount(options.operator.privateKey);
  const connected = connectChain(options);
  const channels = { address: contracts.ValueChannels, abi: valueChannelsAbi } as const;
  const token = { address: contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
  return {
    readChannel: async (channel, channelId) => {
      const client = await afterWrites(await connected());
      const [[, , , capturableUnits], [tokenId, remainingUnits, openedAt], [, policyHash]] = await Promise.all([
        client.readContract({ ...channels, functionName: 'channelState', args: [channelToAbi(channel)] }),
        client.readContract({ ...token, functionName: 'lockInfo', args: [contracts.ValueChannels, channelId] }),
        client.readContract({ ...token, functionName: 'policyOfToken', args: [channel.tokenId] }),
      ]);
      // All of it by the lock: behind one URL may be several nodes, and the one that was asked for the rest may not know the channel
      // yet, which would make it a closed one. An ended lock has no token.
      const open = tokenId !== 0n;
      const capturedUnits = openedAt === 0n ? 0n : channel.cap - remainingUnits;
      return { open, capturedUnits, capturableUnits, openedAt, policyHash };
    },
    findChannel: async (channelId) => {
      const client = await connected();
      const lock = [contracts.ValueChannels, channelId] as const;
      const [tokenId, , openedAt] = await client.readContract({ ...token, functionName: 'lockInfo', args: lock });
      if (tokenId === 0n) return openedAt === 0n ? undefined : 'ended';
      // Of all other blocks nothing is asked: nodes refuse ranges that are long, or that begin before what they keep.
      const blocks = await blocksOfSecond(client, openedAt);
      const [opened] = await readEvents(client, {
        ...channels,
        eventName: 'ChannelOpened',
        args: { channelId },
        ...blocks,
      });
      if (opened === undefined) throw openingNotGiven(channelId, openedAt);
      return channelFromAbi(opened.args.channel);
    },
    readCurrentPolicy: async (classId) => {
      const client = await connected();
      const { policyVersion } = await client.readContract({ ...token, functionName: 'classInfo', args: [classId] });
      const [uri, hash] = await client.readContract({
        ...token,
        functionName: 'policyOf',
        args: [classId, policyVersion],
      });
      return { hash, uri };
    },
    readLot: async (key) => {
      const { classId, lot } = splitTokenId(key << 32n);
      if (!isBackedLot(lot)) return undefined;
      const client = await connected();
      const { terms } = await client.readContract({ ...token, functionName: 'lotInfo', args: [classId, lot] });
      const { asset, priceNumerator: numerator, priceDenominator: denominator, operatorBps } = terms;
      return { asset, numerator, denominator, operatorBps };
    },
    head: async () => {
      const client = await connected();
      const { number, hash, timestamp } = await client.getBlock();
      return { number, hash, timestamp };
    },
    minedNonce: async () => {
      const client = await connected();
      return client.getTransactionCount({ address: account.address, blockTag: 'latest' });
    },
    signCapture: async (capture, nonce) => {
      const client = await connected();
      const data = captureData(capture);
      const bytes = data.length / 2 + envelopeBytes;
      if (bytes > maxTransactionBytes) throw tooLarge({ bytes, maxTransactionBytes });
      const estimated = client.estimateGas({ account: account.address, to: channels.address, data });
      const [block, gas] = await Promise.all([
        client.getBlock(),
        estimated.catch((cause: unknown) => {
          throw refusalOf(cause);
        }),
      ]);
      const maxGas = block.gasLimit < maxTransactionGas ? block.gasLimit : maxTransactionGas;
      if (gasWithRoom(gas) > maxGas) throw tooLarge({ gas, maxGas });
      const { maxFeePerGas, maxPriorityFeePerGas } = checkFees(await client.estimateFeesPerGas(), maxFeePerGasGwei);
      const raw = await account.signTransaction({
        type: 'eip1559',
        chainId,
        nonce,
        to: channels.address,
        data,
        gas: gasWithRoom(gas),
        maxFeePerGas,
        maxPriorityFeePerGas,
      });
      return { raw, hash: keccak256(raw), nonce };
    },
    send: async ({ raw }) => {
      try {
        await sendRaw(await connected(), raw, account.address);
      } catch (cause) {
        if (isTooLarge(cause)) throw tooLarge({ reason: reasonOf(cause) }, cause);
        throw isSaid(cause, underpricedWords) ? underpriced(cause) : cause;
      }
    },
    reprice: async ({ raw, nonce }) => {
      const client = await connected();
      const { to, data, gas, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(raw);
      const now = await client.estimateFeesPerGas();
      const fees = replacementFees(now, { maxFeePerGas, maxPriorityFeePerGas });
      // So much more than the chain asks would not be mined either, and each further try would cost a quarter more.
      if (fees.maxFeePerGas > dearest * now.maxFeePerGas) return undefined;
      const again = { type: 'eip1559', chainId, nonce, to, data, gas, ...checkFees(fees, maxFeePerGasGwei) } as const;
      const replacement = await account.signTransaction(again as TransactionSerializableEIP1559);
      return { raw: replacement, hash: keccak256(replacement), nonce };
    },
    isPayableForLess: async ({ raw }) => {
      const client = await connected();
      const { gas = 0n, maxFeePerGas: offered = 0n } = parseTransaction(raw);
      const { maxFeePerGas } = await client.estimateFeesPerGas();
      return maxFeePerGas < offered && gas * maxFeePerGas <= (await client.getBalance({ address: account.address }));
    },
    outcomeOf: async (hash) => {
      const client = await connected();
      try {
        const receipt = await client.getTransactionReceipt({ hash });
        noteBlock(client, receipt.blockNumber);
        return outcomeOfReceipt(receipt);
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      }
    },
  };
}

function openingNotGiven(channelId: Hex, openedAt: bigint): BaseError {
  const when = new Date(Number(openedAt) * 1_000).toISOString();
  return new BaseError(
    `The node does not give the event with which channel ${channelId} was opened at ${when}. If it keeps none so old, name one ` +
      'that does in rpcUrl, such as an archive node.',
    { code: 'events_unavailable', kind: 'transient', values: { channelId, openedAt } },
  );
}

function captureData({ items, edges, anchors }: Capture): Hex {
  return encodeFunctionData({
    abi: valueChannelsAbi,
    functionName: 'capture',
    args: [
      encodeCaptureItems(items),
      [...edges],
      anchors.map((anchor) => ({ ...anchor, epoch: Number(anchor.epoch) })),
    ],
  });
}

function outcomeOfReceipt(receipt: TransactionReceipt): CaptureOutcome {
  const failed = parseEventLogs({ abi: valueChannelsAbi, eventName: 'CaptureFailed', logs: receipt.logs });
  return {
    succeeded: receipt.status === 'success',
    blockNumber: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
    failures: failed.map(({ args }) => ({ channelId: args.channelId, reason: decodeReason(args.reason) })),
  };
}

function decodeReason(data: Hex): string {
  for (const abi of [valueChannelsAbi, dataAnchoringTokenAbi] as readonly Abi[]) {
    try {
      const { errorName, args } = decodeErrorResult({ abi, data });
      return `${errorName}(${(args ?? []).join(', ')})`;
    } catch {
      // Not an error of this contract: the next one may know it.
      continue;
    }
  }
  return data;
}

/** Of an estimate. Out of gas comes first: viem takes it for a revert. */
function refusalOf(cause: unknown): unknown {
  if (isTooLarge(cause)) return tooLarge({ reason: reasonOf(cause) }, cause);
  return isRevert(cause) ? reverts(cause) : cause;
}

// As geth, reth, erigon, Nitro and anvil say it.
const tooLargeWords =
  /oversized data|max(imum)? (tx|transaction) (data )?size|gas limit (is )?too high|exceeds (the )?(block|transaction)?.?gas (limit|cap)|gas cap|gas required exceeds|intrinsic gas too high|out ?of ?gas|request entity too large/i;

const underpricedWords =
  /underpriced|max fee per gas less than|fee ?cap (is )?(too low|less than)|fee (is )?too low|below (the )?base ?fee/i;

function isTooLarge(error: unknown): boolean {
  return isSaid(error, tooLargeWords);
}

function isSaid(error: unknown, words: RegExp): boolean {
  return error instanceof ViemError && error.walk((cause) => words.test((cause as Error).message)) !== null;
}

function underpriced(cause: unknown): BaseError {
  const values = { reason: reasonOf(cause) };
  return new BaseError('The capture offers less than the node takes.', { code: 'capture_underpriced', cause, values });
}

function tooLarge(values: Readonly<Record<string, unknown>>, cause?: unknown): BaseError {
  return new BaseError('The capture is too large for one transaction.', { code: 'capture_too_large', cause, values });
}

function isRevert(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false;
  return /revert/i.test(error.name) || error.walk((cause) => /revert/i.test((cause as Error).message)) !== null;
}

function reverts(cause: unknown): BaseError {
  return new BaseError('The capture would revert.', {
    code: 'capture_reverts',
    cause,
    values: { reason: cause instanceof ViemError ? cause.shortMessage : reasonOf(cause) },
  });
}
