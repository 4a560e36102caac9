import { encodeFunctionData, toFunctionSignature, type Abi, type AbiFunction, type Hex } from 'viem';
import type { Clause } from '../clause.js';
import { ClauseFailed, NotApplicable } from '../outcome.js';
import { draftAbi } from '../draftAbi.js';
import { chainCall } from '../lab/chainCall.js';
import { selectorOf, shared, type Lab } from '../lab/lab.js';

/**
 * A clause about a function that must be there. When the check cannot be reached (nobody at hand may create or mint), the
 * function is still asked whether it is there at all.
 */
export function exposes(name: string, clause: Omit<Clause, 'id' | 'level'>): Clause {
  const check = async (lab: Lab): Promise<string | void> => {
    try {
      return await clause.check(lab);
    } catch (error) {
      if (!(error instanceof NotApplicable) || !error.isUnchecked) throw error;
      await requireFunction(lab, name);
      throw error;
    }
  };
  return { ...clause, id: `D${clause.section}.${name}`, level: 'MUST', check };
}

/** The selector that nothing has, to see how the contract answers what it does not know. */
const unknownSelector = '0x5f8b9c3e';

async function requireFunction(lab: Lab, name: string): Promise<void> {
  if (lab.answered.has(name)) return;
  const abi = draftAbi as Abi;
  const item = abi.find((candidate) => candidate.type === 'function' && candidate.name === name) as AbiFunction;
  if (await codeNames(lab, selectorOf(name))) return;
  const data = encodeFunctionData({ abi, functionName: name, args: item.inputs.map(({ type }) => plainValue(type)) });
  const from = lab.actors.stranger.address;
  const answer = await chainCall(lab.client, { from, to: lab.target, data, value: 0n });
  const unknown = await chainCall(lab.client, {
    from,
    to: lab.target,
    data: `${unknownSelector}${data.slice(10)}`,
    value: 0n,
  });
  if (answer.reverted !== unknown.reverted || answer.data !== unknown.data) return;
  throw new ClauseFailed(
    `${toFunctionSignature(item)} answers exactly as a function that does not exist`,
    answer.evidence,
  );
}

/** Whether the code, or that of the implementation behind a proxy (ERC-1967, ERC-1167), compares with the selector. */
async function codeNames(lab: Lab, selector: Hex): Promise<boolean> {
  const codes = await shared(lab, 'code', async () => {
    const code = (await lab.client.getCode({ address: lab.target })) ?? '0x';
    const minimal = /^0x363d3d373d3d3d363d73([0-9a-f]{40})/i.exec(code)?.[1];
    const slot = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a33a8dd2b6ac7bd0d1';
    const stored = await lab.client.getStorageAt({ address: lab.target, slot });
    const behind = minimal ?? (stored !== undefined && BigInt(stored) !== 0n ? stored.slice(-40) : undefined);
    const inner = behind === undefined ? '0x' : await lab.client.getCode({ address: `0x${behind}` });
    return [code, inner ?? '0x'];
  });
  return codes.some((code) => code.includes(`63${selector.slice(2)}`));
}

function plainValue(type: string): unknown {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (type === 'address') return '0x0000000000000000000000000000000000000001';
  if (type === 'bytes32') return `0x${'00'.repeat(32)}`;
  return type === 'uint8' ? 0 : 1n;
}
