import type { Address, Hex } from '@kedge/core';
import { decodeEventLog, encodeEventTopics, isAddressEqual, type Abi, type Log, type TransactionReceipt } from 'viem';
import { draftAbi } from '../draftAbi.js';
import { ClauseFailed } from '../outcome.js';
import { same, type Done, type Lab } from './lab.js';

/** The target's own logs of an event, whatever their form; or those of the contract that is named. */
export function logsOf(
  lab: Lab,
  receipt: TransactionReceipt,
  eventName: string,
  abi: Abi = draftAbi as Abi,
  from: Address = lab.target,
): Log[] {
  const [topic] = encodeEventTopics({ abi, eventName });
  return receipt.logs.filter((log) => isAddressEqual(log.address, from) && log.topics[0] === topic);
}

/** The arguments of the target's events of a name; fails the clause when one does not have the draft's form. */
export function eventsOf(
  lab: Lab,
  { receipt, evidence }: Pick<Done, 'receipt' | 'evidence'>,
  eventName: string,
  abi: Abi = draftAbi as Abi,
  from: Address = lab.target,
): Record<string, unknown>[] {
  return logsOf(lab, receipt, eventName, abi, from).map(({ topics, data }) => {
    try {
      const { args } = decodeEventLog({ abi, eventName, topics: topics as [Hex, ...Hex[]], data, strict: true });
      return args as unknown as Record<string, unknown>;
    } catch (cause) {
      const failed = new ClauseFailed(`${eventName} is not indexed or encoded as declared`, evidence);
      failed.cause = cause;
      throw failed;
    }
  });
}

/** The event of a name, once, with these arguments: whoever adds events up would count a copy, too. */
export function emitted(
  lab: Lab,
  done: Done,
  eventName: string,
  expected: Record<string, unknown>,
  abi?: Abi,
  from?: Address,
): void {
  const events = eventsOf(lab, done, eventName, abi, from);
  if (events.length === 0) throw new ClauseFailed(`${eventName} was not emitted`, done.evidence);
  if (events.length > 1) throw new ClauseFailed(`${eventName} was emitted ${events.length} times`, done.evidence);
  const [args] = events as [Record<string, unknown>];
  for (const [name, value] of Object.entries(expected))
    same(args[name], value, `${name} in ${eventName}`, done.evidence);
}
