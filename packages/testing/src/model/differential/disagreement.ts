import { dataAnchoringTokenAbi, valueChannelsAbi, valueMarketAbi, type Hex } from '@kedge/core';
import { decodeErrorResult, toFunctionSelector, type Abi } from 'viem';
import type { Command } from '../referenceToken.js';
import { assetErrors } from '../revert.js';
import type { World } from '../world.js';

/** Model and contracts differ. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement';

  constructor(where: string, model: string, contracts: string) {
    super(`${where}\n  the model:     ${model}\n  the contracts: ${contracts}`);
  }
}

const errors: Abi = [...dataAnchoringTokenAbi, ...valueChannelsAbi, ...valueMarketAbi, ...assetErrors].filter(
  (item) => item.type === 'error',
);
const bySelector = new Map(
  errors.flatMap((item) =>
    item.type === 'error'
      ? [[toFunctionSelector({ ...item, type: 'function', outputs: [], stateMutability: 'view' }), item.name] as const]
      : [],
  ),
);

/** The name of an error. */
export function reasonOf(selector: string): string | undefined {
  return bySelector.get(selector as Hex);
}

export function revertText(answer: Hex): string {
  if (reasonOf(answer.slice(0, 10)) === undefined) return answer === '0x' ? 'no reason' : answer;
  const { errorName, args = [] } = decodeErrorResult({ abi: errors, data: answer });
  return `${errorName}(${(args as readonly unknown[]).map(String).join(', ')})`;
}

export function describeCommand(world: World, { sender, target, name, args, value }: Command): string {
  const named = namesOf(world);
  const text = JSON.stringify(args, (_, arg: unknown) => (typeof arg === 'bigint' ? String(arg) : arg));
  const words = `${sender} calls ${target}.${name}(${text.slice(1, -1)})${value > 0n ? ` with ${value} wei` : ''}`;
  return named.reduce((line, [address, short]) => line.replaceAll(address, short), words);
}

function namesOf({ addresses }: World): readonly (readonly [string, string])[] {
  const { token, extension, channels, market, actors, assets } = addresses;
  return [
    [token, 'token'] as const,
    [extension, 'extension'] as const,
    [channels, 'channels'] as const,
    [market, 'market'] as const,
    ...actors.map((address, i) => [address, `actor${i}`] as const),
    ...assets.map(({ address }, i) => [address, `asset${i}`] as const),
  ];
}
