import type { Address, Hex } from '@kedge/core';
import {
  decodeEventLog,
  decodeFunctionResult,
  encodeFunctionData,
  encodeFunctionResult,
  getAbiItem,
  isAddressEqual,
  isHex,
  toFunctionSelector,
  type Abi,
  type AbiFunction,
  type PublicClient,
  type TransactionReceipt,
} from 'viem';
import { ClauseFailed, NotApplicable, type Evidence } from '../outcome.js';
import { draftAbi, holderProbeAbi } from '../draftAbi.js';
import type { Actor, ActorName } from './accounts.js';
import { chainCall, lacksState, revertReason, type Answer, type Request } from './chainCall.js';
import { noSuchSecond, type Clock } from './clock.js';
import type { Sender } from './sender.js';

/** One contract function, called. `abi` and `to` are the draft's and the target where they are left out. */
export type Call = {
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly value?: bigint;
  readonly to?: Address;
  readonly abi?: Abi;
};

/** A transaction that went through. */
export type Done = {
  readonly receipt: TransactionReceipt;
  readonly evidence: Evidence;
  /** What the function returned: to a contract of ours that called it, or else when it was tried right before. */
  readonly result: unknown;
  /** How much more ETH the target holds by it, where a contract of ours looked before and after. */
  readonly gained?: bigint;
};

/** Everything that checks have in common: the contract, people, time, and how to try things. */
export type Lab = {
  readonly client: PublicClient;
  readonly sender: Sender;
  readonly target: Address;
  /** Where the draft's optional proof registry is looked for: the target, or another contract that was named. */
  readonly registry: Address;
  /** Where ERC-3525 is looked for: the target, or an adapter that was named. */
  readonly adapter: Address;
  readonly actors: Readonly<Record<ActorName, Actor>>;
  readonly owner: Actor | undefined;
  readonly clock: Clock;
  /** Functions that answered as functions do. */
  readonly answered: Set<string>;
  /** Reverts of what the draft says must revert, for its wish that they be descriptive. */
  readonly refusals: Map<string, Answer>;
  /** Things made once and used by several checks. */
  readonly shared: Map<string, Promise<unknown>>;
  readonly transactions: { count: number };
  /** Classes and statements that were made, so that no two are one. */
  readonly made: { count: number };
  /** Who made each class. */
  readonly makers: Map<bigint, Actor>;
};

/** Runs `make` once for all checks; again where it was the node that failed. */
export async function shared<value>(lab: Lab, key: string, make: () => Promise<value>): Promise<value> {
  const known = lab.shared.get(key) as Promise<value> | undefined;
  const made = known ?? make();
  lab.shared.set(key, made);
  try {
    return await made;
  } catch (error) {
    if (!(error instanceof ClauseFailed || error instanceof NotApplicable)) lab.shared.delete(key);
    throw error;
  }
}

function requestOf(lab: Lab, actor: Actor, call: Call): Request {
  const { name, args = [], value = 0n, to = lab.target, abi = draftAbi as Abi } = call;
  const data = encodeFunctionData({ abi, functionName: name, args });
  if (!isContract(actor)) return { from: actor.address, to, data, value };
  const acting = encodeFunctionData({ abi: holderProbeAbi, functionName: 'act', args: [to, data] });
  return { from: actor.account.address, to: actor.address, data: acting, value };
}

const isContract = ({ address, account }: Actor): boolean => !isAddressEqual(address, account.address);

function decode(call: Call, answer: Pick<Answer, 'data' | 'evidence'>): unknown {
  const { name, abi = draftAbi as Abi } = call;
  try {
    const result: unknown = decodeFunctionResult({ abi, functionName: name, data: answer.data });
    requireStrict(abi, name, result, answer.data);
    return result;
  } catch (cause) {
    const failed = new ClauseFailed(`${name} returned what is not its return type: ${answer.data}`, answer.evidence);
    failed.cause = cause;
    throw failed;
  }
}

/** Throws where a contract that asked would revert, which viem does not: where a word holds more than its type. */
function requireStrict(abi: Abi, functionName: string, result: unknown, data: Hex): void {
  const { outputs } = getAbiItem({ abi, name: functionName }) as AbiFunction;
  // The rest has more than one form.
  if (!outputs.every(({ type }) => /^(u?int\d+|address|bool|bytes\d+)$/.test(type))) return;
  const strict = encodeFunctionResult({ abi, functionName, result });
  if (!data.toLowerCase().startsWith(strict)) throw new Error(`not ${strict}`);
}

/** Tries a call without sending it. */
export async function attempt(lab: Lab, actor: Actor, call: Call): Promise<Answer> {
  const answer = await chainCall(lab.client, requestOf(lab, actor, call));
  if (answer.reverted) return answer;
  if (call.to === undefined) lab.answered.add(call.name);
  if (!isContract(actor)) return answer;
  const [data, , held] = decodeFunctionResult({ abi: holderProbeAbi, functionName: 'act', data: answer.data });
  return { ...answer, data, held };
}

/** What a view answered, and the call that shows it. */
export type Seen<value> = { readonly value: value } & Pick<Answer, 'evidence' | 'held'>;

/** Asks a view; it must answer. */
export async function see<value>(lab: Lab, call: Call, by: Actor = lab.actors.stranger): Promise<Seen<value>> {
  const answer = await attempt(lab, by, call);
  if (answer.reverted) throw new ClauseFailed(refusalText(lab, call, answer.data), answer.evidence);
  return { ...answer, value: decode(call, answer) as value };
}

/** The bare answer of a view. */
export async function read<value>(lab: Lab, call: Call): Promise<value> {
  return (await see<value>(lab, call)).value;
}

/** What was refused, to whom, and why. */
export function refusalText(lab: Lab, { name }: Call, data: Hex, actors: readonly Actor[] = []): string {
  const to = actors.length === 0 ? '' : ` for ${actors.map((actor) => actor.name).join(' and ')}`;
  const hint = data === '0x' && !lab.answered.has(name) ? ', as where there is no such function' : '';
  return `${name} reverts${to}: ${revertReason(data)}${hint}`;
}

/** Sends what must succeed. */
export async function succeed(lab: Lab, actor: Actor, call: Call): Promise<Done> {
  const answer = await attempt(lab, actor, call);
  if (answer.reverted) {
    throw new ClauseFailed(refusalText(lab, call, answer.data, [actor]), answer.evidence);
  }
  return sendTried(lab, actor, call, answer);
}

/** Sends what went through when it was tried. */
export async function sendTried(lab: Lab, actor: Actor, call: Call, answer: Answer): Promise<Done> {
  const result = decode(call, answer);
  const receipt = await send(lab, actor, call);
  const evidence: Evidence = { kind: 'transaction', hash: receipt.transactionHash };
  if (receipt.status === 'reverted') throw new ClauseFailed(`${call.name} reverts for ${actor.name}`, evidence);
  if (!isContract(actor)) return { receipt, evidence, result };
  const { answer: data, heldBefore, heldAfter } = toldBy(actor, receipt);
  return { receipt, evidence, result: decode(call, { data, evidence }), gained: heldAfter - heldBefore };
}

/**
 * What a call of an account's transaction returned, if no other of its block came before: it is tried again on the state
 * before that block, where the node still has it. Since it was tried first, others may have sent theirs.
 */
export async function triedBefore(lab: Lab, actor: Actor, call: Call, { receipt, result }: Done): Promise<unknown> {
  if (isContract(actor)) return result;
  try {
    const answer = await chainCall(lab.client, requestOf(lab, actor, call), receipt.blockNumber - 1n);
    return answer.reverted ? result : decode(call, answer);
  } catch (error) {
    if (!lacksState(error)) throw error;
    return result;
  }
}

/** What a contract of ours told of its call: the last of its events, for it may be called within it. */
function toldBy(actor: Actor, { logs }: TransactionReceipt) {
  const { topics, data } = logs.findLast(({ address }) => isAddressEqual(address, actor.address))!;
  return decodeEventLog({ abi: holderProbeAbi, eventName: 'Acted', topics, data }).args;
}

/** Sends as it is, and returns the receipt whatever came of it. Without `gas` it is estimated. */
export async function send(lab: Lab, actor: Actor, call: Call, gas?: bigint): Promise<TransactionReceipt> {
  const { to, data, value } = requestOf(lab, actor, call);
  return sendData(lab, actor, { to, data, value, ...(gas === undefined ? {} : { gas }) });
}

/**
 * Gas with which a call does not fail for want of it, nor what it calls in turn: an estimate is the least with which the
 * whole goes through, whatever fails inside.
 */
export async function ampleGas(lab: Lab, actor: Actor, call: Call): Promise<bigint> {
  const { from, to, data, value } = requestOf(lab, actor, call);
  const estimate = await lab.client.estimateGas({ account: from, to, data, value });
  const ample = estimate * 4n + 500_000n;
  return ample <= mostGas ? ample : padded(estimate);
}

/** Sends in a block of exactly this second; throws {@link NotApplicable} where the chain makes another one. */
export async function sendAt(lab: Lab, actor: Actor, call: Call, { timestamp, gas }: Moment): Promise<Sent> {
  await lab.clock.fixNext(timestamp);
  const receipt = await send(lab, actor, call, gas);
  const block = await lab.client.getBlock({ blockNumber: receipt.blockNumber });
  if (block.timestamp !== timestamp) throw noSuchSecond();
  return { receipt, evidence: { kind: 'transaction', hash: receipt.transactionHash } };
}

type Moment = { readonly timestamp: bigint; readonly gas: bigint };
type Sent = Pick<Done, 'receipt' | 'evidence'>;

async function sendData(
  lab: Lab,
  actor: Actor,
  request: { readonly to?: Address; readonly data: Hex; readonly value?: bigint; readonly gas?: bigint },
): Promise<TransactionReceipt> {
  const gas = request.gas ?? padded(await lab.client.estimateGas({ account: actor.account.address, ...request }));
  lab.transactions.count += 1;
  return lab.sender.send(actor.account, { ...request, gas });
}

/** A call that catches failures inside may need more than its estimate: as far as a chain takes it. */
function padded(estimate: bigint): bigint {
  const wanted = (estimate * 3n) / 2n + 50_000n;
  if (wanted <= mostGas) return wanted;
  return estimate > mostGas ? estimate : mostGas;
}

/** Of one transaction on every chain (EIP-7825). */
const mostGas = 2n ** 24n;

/**
 * Tries what must be refused. When the trial goes through it is sent, so that a transaction shows it.
 *
 * @param why continues "… was accepted: "
 */
export async function refuse(lab: Lab, actor: Actor, call: Call, why: string): Promise<Answer> {
  const answer = await attempt(lab, actor, call);
  if (answer.reverted) return answer;
  const receipt = await send(lab, actor, call);
  if (receipt.status === 'reverted') return answer;
  throw new ClauseFailed(`${call.name} by ${actor.name} was accepted: ${why}`, {
    kind: 'transaction',
    hash: receipt.transactionHash,
  });
}

/** The same for what section 11 lists; its revert is kept for the clause about descriptive reverts. */
export async function refuseListed(lab: Lab, actor: Actor, call: Call, why: string): Promise<void> {
  const answer = await refuse(lab, actor, call, why);
  if (answer.reverted) lab.refusals.set(why, answer);
}

/** Turns the failure of a preparation into "could not be reached": only a clause's own subject may fail it. */
export async function prepare<value>(what: string, steps: () => Promise<value>): Promise<value> {
  try {
    return await steps();
  } catch (error) {
    if (!(error instanceof ClauseFailed)) throw error;
    throw new NotApplicable(`could not be reached: ${what}: ${error.message}`, { isUnchecked: true });
  }
}

/**
 * Checks again what failed, for others may have used the contract meanwhile: a fault of its own shows each time. Waits ever longer
 * before, and as long as chance has it: two runs that began together would disturb each other again and again.
 */
export async function despiteOthers<value>(check: () => Promise<value>): Promise<value> {
  for (let tries = 1; ; tries++) {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof ClauseFailed) || tries === timesTried) throw error;
      const longest = firstPauseMilliseconds * 2 ** (tries - 1);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
    }
  }
}

const timesTried = 5;
const firstPauseMilliseconds = 100;

/** Fails the clause unless a view answers what is expected; without `evidence` its own call shows it. */
export async function shows(lab: Lab, call: Call, expected: unknown, what: string, evidence?: Evidence): Promise<void> {
  const seen = await see(lab, call);
  same(seen.value, expected, what, evidence ?? seen.evidence);
}

/** Fails the clause unless both are the same; hex in any case. */
export function same(actual: unknown, expected: unknown, what: string, evidence: Evidence): void {
  const isSame =
    isHex(actual) && isHex(expected) ? actual.toLowerCase() === expected.toLowerCase() : actual === expected;
  if (!isSame) throw new ClauseFailed(`${what} is ${String(actual)}, expected ${String(expected)}`, evidence);
}

/** Deploys a helper contract from the creator's account. */
export async function deploy(lab: Lab, data: Hex): Promise<Address> {
  const { contractAddress } = await sendData(lab, lab.actors.creator, { data });
  if (!contractAddress) throw new NotApplicable('a probe could not be deployed', { isUnchecked: true });
  return contractAddress;
}

/** The selector of a function of the draft. */
export function selectorOf(name: string, abi: Abi = draftAbi as Abi): Hex {
  return toFunctionSelector(abi.find((item) => item.type === 'function' && item.name === name) as AbiFunction);
}
