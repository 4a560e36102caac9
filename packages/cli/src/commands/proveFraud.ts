import {
  BaseError,
  findEquivocations,
  splitSeq,
  verifyReceipts,
  type Address,
  type Channel,
  type Equivocation,
  type Hex,
  type SignedReceipt,
} from '@kedge/core';
import { recoverAddress } from 'viem';
import { bondAssetOf, bondAssetOption, sameBondAsset } from '../chain/bondAsset.js';
import { connect, type Connection } from '../chain/connect.js';
import { doEach, sayUndone } from '../chain/doEach.js';
import type { Asset } from '../chain/readAsset.js';
import { readChannel } from '../chain/readChannels.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, shellWord, shortHex } from '../human.js';
import { keccak256 } from '../keccak256.js';
import { readReceipts } from '../receipts/readReceipts.js';

type Proven = {
  readonly channelId: Hex;
  readonly operator: Address;
  readonly seq: bigint;
  readonly asset: Asset;
  readonly window: number;
  readonly backing: bigint;
  readonly transactionHash: Hex;
};

export const proveFraud: Command = {
  name: 'prove-fraud',
  summary: 'slash an operator that signed two receipts with one number',
  description:
    'Looks for two different receipts with one number among those given, and proves them on chain: half of the bond of ' +
    'the operator is taken. After a window of seven days the holder of the channel gets at most what was captured from ' +
    'it, you and other reporters five percent, and the rest is burned. What is captured after the proof counts once ' +
    'kedge bond raise has claimed it. Takes receipts as kedge verify does.',
  arguments: [{ name: 'receipts', summary: 'files, - or header values', variadic: true }],
  options: [bondAssetOption, ...accountOptions],
  examples: [{ command: 'kedge prove-fraud one.json other.json', summary: 'two receipts of one call, or of two' }],
  run: async (context) => {
    const receipts = await readReceipts(context);
    const frauds = findEquivocations(receipts, keccak256);
    if (frauds.length === 0) {
      throw new BaseError(
        receipts.length === 1
          ? 'This is one receipt, and a proof takes two with one number and two contents.'
          : `Among ${receipts.length} receipts no two have one number and two contents.`,
        {
          code: 'no_equivocation',
          hints: [
            `See whether the receipts hold on their own: kedge verify ${context.arguments.map(shellWord).join(' ')}`,
          ],
        },
      );
    }
    const connection = await connect(context);
    const { write } = await resolveWriter(context, connection, 'consumer');
    // One proof a channel: a second one would take nothing more.
    const proofs = frauds.filter(
      ({ channelId }, index) => frauds.findIndex((other) => other.channelId === channelId) === index,
    );
    const ofChannel = (channelId: Hex) => receipts.filter(({ receipt }) => receipt.channelId === channelId);
    const { done: proven, undone } = await doEach(proofs, async function* (fraud): AsyncGenerator<Proven> {
      const { channelId } = fraud;
      const channel = await readChannel(connection, channelId);
      const { seq, first, second } = (await pairThatHolds(connection, channel, ofChannel(channelId))) ?? fraud;
      const asset = await bondAssetOf(context, connection, channel);
      const terms = { channel, asset: asset.address, first, second };
      const { window, backing, transactionHash } = await write('prove the fraud', (client) => client.proveFraud(terms));
      yield { channelId, operator: channel.operator, seq, asset, window, backing, transactionHash };
    });
    if (proven.length > 0)
      context.output.result(written(proven), () => proven.flatMap((proof) => describe(proof, sameBondAsset(context))));
    return sayUndone(
      context,
      undone.map(({ item: { channelId }, error }) => notProven(channelId, error)),
    );
  },
};

/** Two receipts that the operator of the channel signed: one that it did not, given among them, hides none. */
async function pairThatHolds(
  { chainId, contracts }: Connection,
  { operator }: Channel,
  receipts: readonly SignedReceipt[],
): Promise<Equivocation | undefined> {
  const domain = { chainId, verifyingContract: contracts.ValueChannels };
  const recover = (hash: Hex, signature: Hex) => recoverAddress({ hash, signature });
  const checks = await verifyReceipts({ receipts, domain, keccak256, recover, operator });
  const failed = new Set(
    checks.filter(({ name, ok }) => !ok && (name === 'path' || name === 'signature')).map(({ index }) => index),
  );
  const [pair] = findEquivocations(
    receipts.filter((_, index) => !failed.has(index)),
    keccak256,
  );
  return pair;
}

function written(proven: readonly Proven[]) {
  return { proven: proven.map(({ asset, ...proof }) => ({ ...proof, asset: asset.address })) };
}

function describe({ channelId, operator, seq, asset, window, backing }: Proven, more: string): string[] {
  const { epoch, counter } = splitSeq(seq);
  return [
    `operator ${operator} signed receipt ${epoch}/${counter} of channel ${shortHex(channelId)} twice`,
    `  holder  at most ${humanAmount(backing, asset.decimals)} ${asset.name}`,
    `  window  ${window}, of seven days`,
    `next, where more is captured before it ends: kedge bond raise ${channelId}${more}`,
    `next, after that: kedge bond pay ${channelId}${more}`,
  ];
}

function notProven(channelId: Hex, error: BaseError): BaseError {
  const message = `Nothing is proven of channel ${channelId}. ${error.shortMessage}`;
  return error.with({ message, values: { channelId } });
}
