import { BaseError, isSameAddress, type Address } from '@kedge/core';
import {
  parseEventLogs,
  type Abi,
  type ContractEventName,
  type Log,
  type ParseEventLogsReturnType,
  type TransactionReceipt,
} from 'viem';

type Emitter<abi> = { readonly address: Address; readonly abi: abi };

/**
 * The events of one name that one contract emitted. Others' logs are left out: an asset or a recipient that takes part in
 * a transaction may emit whatever it likes.
 */
export function eventsOf<const abi extends Abi, const name extends ContractEventName<abi>>(
  contract: Emitter<abi>,
  logs: readonly Log[],
  eventName: name,
): ParseEventLogsReturnType<abi, name, true> {
  const own = logs.filter((log) => isSameAddress(log.address, contract.address));
  return parseEventLogs({ abi: contract.abi as Abi, logs: own, eventName: eventName as string }) as never;
}

type ArgsOf<event> = event extends { readonly args: infer args } ? args : never;

/** What the one event says that an action is about. */
export function eventArgs<const abi extends Abi, const name extends ContractEventName<abi>>(
  contract: Emitter<abi>,
  { logs, transactionHash }: TransactionReceipt,
  eventName: name,
): ArgsOf<ParseEventLogsReturnType<abi, name, true>[number]> {
  const [event] = eventsOf(contract, logs, eventName);
  if (event !== undefined) return event.args as never;
  throw new BaseError(`The transaction emitted no ${eventName}.`, {
    code: 'event_missing',
    kind: 'bug',
    values: { transactionHash },
    hints: ['The address may be of another contract: checkDeployment finds out.'],
  });
}
