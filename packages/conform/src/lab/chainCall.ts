import type { Address, Hex } from '@kedge/core';
import { BaseError as ViemError, decodeErrorResult, numberToHex, parseAbi, type PublicClient } from 'viem';
import type { Evidence } from '../outcome.js';

/** What is sent to the chain. */
export type Request = { readonly from: Address; readonly to: Address; readonly data: Hex; readonly value: bigint };

/** The answer of an `eth_call`. */
export type Answer = {
  readonly reverted: boolean;
  readonly data: Hex;
  readonly evidence: Evidence;
  /** How much ETH the target held right after, where a contract of ours asked. */
  readonly held?: bigint;
};

/**
 * Calls without sending. A revert is an answer; anything else that goes wrong is thrown, so that a node that refuses or
 * hangs is never taken for the contract.
 */
export async function chainCall(client: PublicClient, request: Request, blockNumber?: bigint): Promise<Answer> {
  const { from, to, data, value } = request;
  const answered = (answer: Hex, reverted: boolean): Answer => ({
    reverted,
    data: answer,
    evidence: { kind: 'call', ...request, answer, reverted },
  });
  try {
    const parameters = { from, to, data, ...(value === 0n ? {} : { value: numberToHex(value) }) };
    const block = blockNumber === undefined ? 'latest' : numberToHex(blockNumber);
    return answered(await client.request({ method: 'eth_call', params: [parameters, block] }), false);
  } catch (error) {
    const revert = revertOf(error);
    if (revert === undefined) throw error;
    return answered(revert, true);
  }
}

/**
 * The data of a revert, `0x` where the node gives none; undefined where the error is another. Nodes name a revert in
 * different ways: code 3 with data, data within data, or words alone. Only what the node said counts: viem calls every
 * internal error of a node (-32603) a revert, one about missing state as well.
 */
export function revertOf(error: unknown): Hex | undefined {
  if (!(error instanceof ViemError)) return undefined;
  const found: { data?: Hex; isRevert: boolean } = { isRevert: revertWords.test(error.details ?? '') };
  error.walk((cause) => {
    const { code, data } = cause as { code?: unknown; data?: unknown };
    const bytes = hexIn(data);
    if (bytes !== undefined) found.data ??= bytes;
    if (code === 3) found.isRevert = true;
    return false;
  });
  return found.isRevert ? (found.data ?? '0x') : undefined;
}

const revertWords =
  /revert|invalid opcode|InvalidFEOpcode|OpcodeNotFound|stack underflow|invalid jump|out of gas|OutOfGas/i;

/** Whether a node says that it does not have the state of a block: not yet, or no more. */
export function lacksState(error: unknown): boolean {
  return error instanceof ViemError && revertOf(error) === undefined && stateWords.test(error.details ?? '');
}

const stateWords =
  /missing trie node|header not found|unknown block|requested was|(state|block|history)\b.*\b(not|un)\s?(found|available|supported)|prun|archive/i;

function hexIn(data: unknown): Hex | undefined {
  if (typeof data === 'string' && /^0x([0-9a-f]{2})*$/i.test(data)) return data as Hex;
  if (typeof data === 'object' && data !== null) {
    return hexIn((data as { data?: unknown }).data) ?? hexIn((data as { result?: unknown }).result);
  }
  return undefined;
}

const standardErrors = parseAbi(['error Error(string reason)', 'error Panic(uint256 code)']);

/** A revert for a reader: its string, its panic code, or the selector of a custom error. */
export function revertReason(data: Hex): string {
  if (data === '0x') return 'no data';
  try {
    const { errorName, args } = decodeErrorResult({ abi: standardErrors, data });
    return errorName === 'Panic' ? `panic 0x${args[0].toString(16)}` : `"${String(args[0])}"`;
  } catch (error) {
    if (!(error instanceof ViemError)) throw error;
    return `custom error ${data.slice(0, 10)}`;
  }
}

/** Whether a revert tells its reader why: a string that is not empty, or a custom error. */
export function isDescriptive(data: Hex): boolean {
  const reason = revertReason(data);
  return reason !== 'no data' && reason !== '""' && !reason.startsWith('panic');
}
