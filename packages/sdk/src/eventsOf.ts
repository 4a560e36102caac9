import { isSameAddress, type Address } from '@kedge/core';
import { parseEventLogs, type Abi, type ContractEventName, type Log, type ParseEventLogsReturnType } from 'viem';

/**
 * The events of one name that one contract emitted. Others' logs are left out: an asset or a recipient that takes part in
 * a transaction may emit whatever it likes.
 */
export function eventsOf<const abi extends Abi, const name extends ContractEventName<abi>>(
  contract: { readonly address: Address; readonly abi: abi },
  logs: readonly Log[],
  eventName: name,
): ParseEventLogsReturnType<abi, name, true> {
  const own = logs.filter((log) => isSameAddress(log.address, contract.address));
  return parseEventLogs({ abi: contract.abi as Abi, logs: own, eventName: eventName as string }) as never;
}
