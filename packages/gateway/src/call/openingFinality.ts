import type { ServedChannel } from '../channels/servedChannel.js';
import type { GatewayConfig } from '../gatewayConfig.js';

/** What is served before the chain can no longer undo the opening of a channel (R29). */
export type OpeningFinality = {
  /** How long a channel counts as new; 0: never. */
  readonly seconds: number;
  /** Base units served from it until then; undefined: its first call, and up to a tenth of its cap. */
  readonly exposureUnits: bigint | undefined;
};

const localChainId = 31337;
const usualSeconds = 60;
const usualPart = 10n;

/** Nobody reorganises the local development chain, whose channels serve at once. */
export function openingFinalityOf({
  chainId,
  finality: { seconds, exposureUnits },
}: Pick<GatewayConfig, 'chainId' | 'finality'>): OpeningFinality {
  return {
    seconds: seconds ?? (chainId === localChainId ? 0 : usualSeconds),
    exposureUnits: exposureUnits === undefined ? undefined : BigInt(exposureUnits),
  };
}

/** How many units may be committed of a channel that is new, for a call that needs `units`; undefined when it is not. */
export function exposureWhileNew(
  { channel, openedAt, account }: ServedChannel,
  units: bigint,
  now: number,
  { seconds, exposureUnits }: OpeningFinality,
): { readonly limit: bigint; readonly secondsLeft: number } | undefined {
  const secondsLeft = Math.ceil(Number(openedAt) + seconds - now);
  if (seconds === 0 || secondsLeft <= 0) return undefined;
  if (exposureUnits !== undefined) return { limit: exposureUnits, secondsLeft };
  const part = channel.cap / usualPart;
  // One call is bounded by its policy. Without it, who paid for one now (R28) would wait for it.
  const isFirst = account.committedUnits === 0n && account.reservedUnits === 0n;
  return { limit: isFirst && units > part ? units : part, secondsLeft };
}
