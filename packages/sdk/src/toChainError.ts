import { BaseError, causesOf, hexToBytes, type Address, type BaseErrorOptions, type Hex } from '@kedge/core';
import { BaseError as OwnViemError, decodeErrorResult, type AbiParameter } from 'viem';
import { errorAbi } from './errorAbi.js';
import { addressForm } from './requireArguments.js';
import { revertTexts } from './revertTexts.js';

/** A revert in words: the error's name in the ABI, what it means, and its values by name. */
export type Revert = {
  readonly name: string;
  readonly message: string;
  readonly hints: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
};

const fundsHint = 'Send the account some of the chain’s own coin, or sign with another account.';

/**
 * Any error of a call to the chain as a {@link BaseError}: custom errors with their values and the way out, an
 * unreachable chain as transient. A `BaseError` is returned as it is.
 *
 * @param doing What was being done, as it continues "Could not …".
 * @param account Who signs, for the error that it cannot pay.
 *
 * @example
 * throw toChainError(error, 'buy value');
 */
export function toChainError(cause: unknown, doing: string, account?: Address): BaseError {
  if (cause instanceof BaseError) return cause;
  hideAbi(cause);
  const data = revertData(cause);
  const revert = data === undefined ? undefined : readRevert(data);
  const names = causesOf(cause).map(({ name }) => name);
  const { what, ...options } = revert === undefined ? failureOf({ cause, names, data, account }) : failureBy(revert);
  return new BaseError(`Could not ${doing}: ${what}`, { ...options, cause });
}

/** Node prints all that an error has when nobody catches it: of viem's, hundreds of lines of ABI, far below what went wrong. */
function hideAbi(cause: unknown): void {
  for (const error of causesOf(cause)) {
    if (Object.hasOwn(error, 'abi')) Reflect.defineProperty(error, 'abi', { enumerable: false });
  }
}

/** What continues "Could not …: ", and what its error has beside it. */
type Failure = BaseErrorOptions & { readonly what: string };

function failureBy({ name, message, hints, values }: Revert): Failure {
  return { what: lowerFirst(message), code: name, values: { error: name, ...values }, hints };
}

type Caught = {
  readonly cause: unknown;
  readonly names: readonly string[];
  readonly data: Hex | undefined;
  readonly account: Address | undefined;
};

function failureOf({ cause, names, data, account }: Caught): Failure {
  if (names.some((name) => unreachable.has(name)) || socketFailure(cause) !== undefined) return unreachableBy(cause);
  if (names.includes('InsufficientFundsError') || /insufficient funds/i.test(shortMessageOf(cause))) {
    return {
      what: 'the account cannot pay for it.',
      code: 'insufficient_funds',
      ...(account === undefined ? {} : { values: { account } }),
      hints: [fundsHint],
    };
  }
  if (names.includes('NonceTooLowError') || causesOf(cause).some(({ message }) => takenNonce.test(message))) {
    return {
      what: 'another transaction of the account has used its nonce.',
      code: 'nonce_used',
      kind: 'transient',
      hints: ['Nothing was sent. Do it again: the node may not have known of the account’s last transaction.'],
    };
  }
  if (lacksBlock(cause)) {
    return {
      what: 'the node does not have a block that it was asked about.',
      code: 'chain_behind',
      kind: 'transient',
      hints: ['Ask again: one node behind the RPC URL may not have all blocks yet.'],
    };
  }
  if (names.includes('ContractFunctionZeroDataError')) {
    return {
      what: lowerFirst(shortMessageOf(cause)),
      code: 'contract_missing',
      hints: ['The RPC URL may be of another chain than the contracts: checkDeployment finds out.'],
    };
  }
  return data !== undefined && data.length >= 10 ? unknownRevert(data.slice(0, 10)) : saidBy(cause, names);
}

function unknownRevert(selector: string): Failure {
  return {
    what: `a contract refused with an error that is none of Kedge’s, ${selector}.`,
    code: 'chain_error',
    values: { selector },
    hints: ['Look the selector up in the errors of the contract that was called, such as an asset’s.'],
  };
}

/** Of an error that only its own words tell of. */
function saidBy(cause: unknown, names: readonly string[]): Failure {
  const details = isOfViem(cause) ? cause.details : undefined;
  if (names.includes('LimitExceededRpcError')) {
    const what = 'the node refuses by a limit of its own.';
    return { what, code: 'chain_unreachable', kind: 'transient', values: { details }, hints: [statusHint(429)] };
  }
  const said = names.some((name) => sayingNothing.has(name)) ? details : undefined;
  return {
    what: said ? `the node says: ${said}` : lowerFirst(shortMessageOf(cause)),
    code: 'chain_error',
    ...(!said && details ? { values: { details } } : {}),
    ...(names.includes('InvalidAddressError') ? { hints: [`Write ${addressForm}.`] } : {}),
  };
}

/** A node that answers with a status is there: what it says by that is for another person than a node that is not. */
function unreachableBy(cause: unknown): Failure {
  const failed: (Error & { readonly status?: unknown }) | undefined = causesOf(cause).find(
    ({ name }) => name === 'HttpRequestError',
  );
  const status = typeof failed?.status === 'number' ? failed.status : undefined;
  const isMendable = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return {
    what: status === undefined ? 'the chain does not answer.' : `the chain’s node answers with HTTP ${status}.`,
    code: 'chain_unreachable',
    kind: isMendable ? 'user' : 'transient',
    hints: [statusHint(status)],
  };
}

function statusHint(status: number | undefined): string {
  if (status === undefined) return 'Check the RPC URL, and that the node runs.';
  if (status === 401 || status === 403) return 'Check the RPC URL and the key in it: the node may know it no more.';
  if (status === 429) return 'The node takes no more requests now: ask again later, or name another RPC URL.';
  return status < 500 ? 'Check the RPC URL.' : 'Ask again later, or name another RPC URL.';
}

/**
 * Decodes the bytes of a revert, such as the reason of a `CaptureFailed` event. Undefined for what is no error of Kedge's
 * contracts.
 *
 * @example
 * const { name, message } = readRevert(revertData) ?? { name: 'unknown', message: revertData };
 */
export function readRevert(data: Hex): Revert | undefined {
  const selector = data.slice(0, 10);
  if (data.length < 10) return undefined;
  let decoded: { errorName: string; args?: readonly unknown[] | undefined };
  try {
    decoded = decodeErrorResult({ abi: errorAbi, data }) as typeof decoded;
  } catch (error) {
    if (error instanceof OwnViemError) return undefined;
    throw error;
  }
  const { errorName: name, args = [] } = decoded;
  if (name === 'Panic') {
    const code = BigInt(String(args[0]));
    const message = `The contract stopped: ${panicTexts.get(code) ?? 'an internal check failed'} (panic 0x${code.toString(16)}).`;
    return { name, message, hints: [], values: { selector, code } };
  }
  if (name === 'Error') {
    return { name, message: `The contract said: ${String(args[0])}.`, hints: [], values: { selector } };
  }
  const item = errorAbi.find((candidate) => candidate.name === name && candidate.inputs.length === args.length);
  const values = Object.fromEntries(
    (item?.inputs ?? []).map((input, index) => [input.name ?? index, readable(input, args[index])]),
  );
  const text = revertTexts[name] ?? { message: `The contract refused with ${name}.` };
  return { name, message: text.message, hints: text.hints ?? [], values };
}

/** Of Solidity's documentation, "Panic via assert and Error via require". */
const panicTexts: ReadonlyMap<bigint, string> = new Map([
  [0x01n, 'an assertion does not hold'],
  [0x11n, 'a number became too large or fell below zero'],
  [0x12n, 'a division by zero'],
  [0x21n, 'a number names no value of its enumeration'],
  [0x22n, 'its storage is damaged'],
  [0x31n, 'it took from an empty list'],
  [0x32n, 'it asked for a place that its list does not have'],
  [0x41n, 'it ran out of memory'],
  [0x51n, 'it called a function that was never set'],
]);

/** Errors that nodes answer with for all kinds of reasons: only their own words tell which. */
const sayingNothing = new Set([
  'InvalidInputRpcError',
  'InvalidRequestRpcError',
  'InternalRpcError',
  'UnknownRpcError',
]);

const unreachable = new Set(['HttpRequestError', 'TimeoutError', 'WebSocketRequestError', 'SocketClosedError']);

/** `bytes32 field` holds the name of a field as text. */
function readable(input: AbiParameter, value: unknown): unknown {
  if (input.type !== 'bytes32' || input.name !== 'field') return value;
  return new TextDecoder().decode(hexToBytes(String(value))).replace(/\0+$/, '');
}

/** An error of viem. Its class says nothing: who hands a client over may have it of another copy of viem than this package's. */
type ErrorOfViem = Error & { readonly shortMessage: string; readonly details?: string };

function isOfViem(error: unknown): error is ErrorOfViem {
  return error instanceof Error && typeof (error as Partial<ErrorOfViem>).shortMessage === 'string';
}

/**
 * The event by which a WebSocket tells that it failed, which viem hands on as a cause. In browsers, and in Node from 22 on, it does
 * not say why, nor whether that was before anything was sent.
 */
export function socketFailure(error: unknown): { readonly error?: unknown } | undefined {
  const { cause } = causesOf(error).at(-1) ?? { cause: error };
  const event = (cause ?? undefined) as { readonly type?: unknown; readonly error?: unknown } | undefined;
  return event?.type === 'error' ? event : undefined;
}

/** Whether a node lacks a block that was named, as one behind a load balancer does that is behind another. */
export function lacksBlock(error: unknown): boolean {
  return causesOf(error).some(({ message }) => unknownBlock.test(message));
}

/** Of a nonce that another transaction waits with, as geth, Erigon, Besu, reth and anvil say it, and Nethermind. */
const takenNonce = /replacement (transaction|tx)\b.{0,20}\bunderpriced|ReplacementNotAllowed/i;

/** As geth, Erigon, Nethermind, Besu, reth, anvil and viem say it, of one block or of a range. */
const unknownBlock =
  /(header|block)\b.{0,90}\bnot (be )?found|unknown block|BlockOutOfRange|block height is \d+ but requested|beyond current head/i;

function revertData(error: unknown): Hex | undefined {
  if (!isOfViem(error)) return undefined;
  const causes: (Error & { readonly raw?: unknown; readonly data?: unknown })[] = causesOf(error);
  const { raw } = causes.find(({ name }) => name === 'ContractFunctionRevertedError') ?? {};
  if (raw !== undefined) return raw as Hex;
  return causes.find(({ data }) => isBytes(data))?.data as Hex | undefined;
}

function isBytes(value: unknown): boolean {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{8,}$/.test(value);
}

function shortMessageOf(error: unknown): string {
  const text = isOfViem(error) ? error.shortMessage : error instanceof Error ? error.message : String(error);
  return text.split('\n')[0]!;
}

/** For the middle of a sentence; what begins with an abbreviation, such as JSON, stays. */
function lowerFirst(text: string): string {
  return /^\p{Lu}{2}/u.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}
