import { type Address, metricTypeOf, splitTokenId, type Hex, type MetricLabel } from '@kedge/core';
import { type AccessList, concat, encodeAbiParameters, keccak256 as hashHex, numberToHex } from 'viem';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { keccak256 } from '../keccak256.js';
import { requireValues, type Field } from '../requireArguments.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RecordUsageBatchParameters = {
  /** In any order; those of one lot, owner and expiry that follow one another cost least. A token may be named twice. */
  readonly uses: readonly { readonly tokenId: bigint; readonly units: bigint }[];
  /** What was counted. Default `units`. */
  readonly metric?: MetricLabel;
};

const mostInRun = 2 ** 16 - 1;
// EIP-2930: naming the contract costs 2,400 gas, a slot 1,900; reading a slot that was named costs 2,000 less.
const fewestToName = 25;
/** Where the contract's mapping of tokens stands in its storage. */
const tokensSlot = 2n;

/**
 * Records use of many tokens with one transaction: all or nothing (P29). Who may is as in {@link recordUsage}. Where that
 * costs less, the transaction names the tokens' slots in its access list: one use of a hundred is then at most 7,420 gas.
 *
 * @throws BaseError those of `recordUsage`.
 *
 * @example
 * await recordUsageBatch(client, { uses: [{ tokenId, units: 250n }, { tokenId: otherTokenId, units: 10n }] });
 */
export async function recordUsageBatch(client: WriteClient, parameters: RecordUsageBatchParameters): Promise<Sent> {
  const { uses, metric = 'units' } = parameters;
  const doing = 'record the uses';
  requireValues(doing, [usesField], [uses]);
  const receipt = await writeContract(client, doing, {
    ...tokenOf(client.deployment),
    functionName: 'recordUsageBatch',
    args: [metricTypeOf(metric, keccak256), packUses(uses)],
    ...accessListOf(client.deployment.contracts.DataAnchoringToken, uses),
  });
  return sentOf(receipt);
}

const usesField: Field = {
  name: 'uses',
  type: 'tuple[]',
  components: [
    { name: 'tokenId', type: 'uint256' },
    { name: 'units', type: 'uint64' },
  ],
};

/** Runs of one lot, each classId(8) | lot(4) | count(2) and `count` times serial(4) | amount(8). */
function packUses(uses: RecordUsageBatchParameters['uses']): Hex {
  const runs: { readonly head: Hex; readonly items: Hex[] }[] = [];
  for (const { tokenId, units } of uses) {
    const { classId, lot, serial } = splitTokenId(tokenId);
    const head = concat([numberToHex(classId, { size: 8 }), numberToHex(lot, { size: 4 })]);
    let run = runs.at(-1);
    if (run?.head !== head || run.items.length === mostInRun) runs.push((run = { head, items: [] }));
    run.items.push(concat([numberToHex(serial, { size: 4 }), numberToHex(units, { size: 8 })]));
  }
  return concat(runs.flatMap(({ head, items }) => [head, numberToHex(items.length, { size: 2 }), ...items]));
}

/** The slots that every use reads and writes, where naming them saves gas. Wrong ones would cost gas, and change nothing else. */
function accessListOf(token: Address, uses: RecordUsageBatchParameters['uses']): { readonly accessList?: AccessList } {
  const tokenIds = new Set(uses.map(({ tokenId }) => tokenId));
  if (tokenIds.size < fewestToName) return {};
  const words = [{ type: 'uint256' }, { type: 'uint256' }] as const;
  const storageKeys = [...tokenIds].map((tokenId) => hashHex(encodeAbiParameters(words, [tokenId, tokensSlot])));
  return { accessList: [{ address: token, storageKeys }] };
}
