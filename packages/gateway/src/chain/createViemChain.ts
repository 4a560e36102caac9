import {
  BaseError,
  channelToAbi,
  dataAnchoringTokenAbi,
  encodeCaptureItems,
  type Hex,
  splitTokenId,
  valueChannelsAbi,
} from '@kedge/core';
import {
  type Abi,
  BaseError as ViemError,
  createPublicClient,
  decodeErrorResult,
  defineChain,
  encodeFunctionData,
  http,
  keccak256,
  parseEventLogs,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { GatewayContracts } from '../gatewayConfig.js';
import { reasonOf } from '../structuredLog.js';
import type { Capture, CaptureOutcome, GatewayChain } from './gatewayChain.js';

const rpcTimeoutMs = 10_000;
// The highest bit of a lot's number says that payment is behind its units.
const firstBackedLot = 2 ** 31;

/** The chain over JSON-RPC. Transactions are signed here, so that they are known before the node sees them. */
export function createViemChain(options: {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly contracts: GatewayContracts;
  readonly operator: OperatorKey;
}): GatewayChain {
  const { chainId, rpcUrl, contracts } = options;
  const account = privateKeyToAccount(options.operator.privateKey);
  const client = createPublicClient({
    chain: defineChain({
      id: chainId,
      name: `chain ${chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl] } },
    }),
    transport: http(rpcUrl, { timeout: rpcTimeoutMs, retryCount: 0 }),
    cacheTime: 0,
  });
  const channels = { address: contracts.ValueChannels, abi: valueChannelsAbi } as const;
  const token = { address: contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
  let chainIsRight = false;

  /** A node of another chain would make every answer here a wrong one. */
  const checkChain = async (): Promise<void> => {
    if (chainIsRight) return;
    const found = await client.getChainId();
    if (found !== chainId) {
      throw new BaseError('The node is of another chain.', {
        code: 'wrong_chain',
        values: { expected: chainId, found },
      });
    }
    chainIsRight = true;
  };

  return {
    readChannel: async (channel, channelId) => {
      await checkChain();
      const [[open, capturedUnits, remainingUnits, capturableUnits], [, , openedAt], [, policyHash]] =
        await Promise.all([
          client.readContract({ ...channels, functionName: 'channelState', args: [channelToAbi(channel)] }),
          client.readContract({ ...token, functionName: 'lockInfo', args: [contracts.ValueChannels, channelId] }),
          client.readContract({ ...token, functionName: 'policyOfToken', args: [channel.tokenId] }),
        ]);
      return { open, capturedUnits, remainingUnits, capturableUnits, openedAt, policyHash };
    },
    readCurrentPolicy: async (classId) => {
      await checkChain();
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
      if (lot < firstBackedLot) return undefined;
      await checkChain();
      const { terms } = await client.readContract({ ...token, functionName: 'lotInfo', args: [classId, lot] });
      const { asset, priceNumerator: numerator, priceDenominator: denominator, operatorBps } = terms;
      return { asset, numerator, denominator, operatorBps };
    },
    minedNonce: async () => {
      await checkChain();
      return client.getTransactionCount({ address: account.address, blockTag: 'latest' });
    },
    signCapture: async (capture, nonce) => {
      await checkChain();
      const data = captureData(capture);
      const gas = await client
        .estimateGas({ account: account.address, to: channels.address, data })
        .catch((cause: unknown) => {
          throw isRevert(cause) ? reverts(cause) : cause;
        });
      const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
      const raw = await account.signTransaction({
        type: 'eip1559',
        chainId,
        nonce,
        to: channels.address,
        data,
        // The state may move between estimate and block.
        gas: (gas * 13n) / 10n + 50_000n,
        maxFeePerGas,
        maxPriorityFeePerGas,
      });
      return { raw, hash: keccak256(raw), nonce };
    },
    send: async ({ raw }) => {
      try {
        await client.sendRawTransaction({ serializedTransaction: raw });
      } catch (error) {
        // Mined or waiting already: its outcome is looked up by hash, which tells the two apart from a nonce that is gone.
        if (!/already (known|imported)|nonce too low|nonce is lower/i.test(String(error))) throw error;
      }
    },
    outcomeOf: async (hash) => {
      try {
        return outcomeOfReceipt(await client.getTransactionReceipt({ hash }));
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      }
    },
  };
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
