import type { PacedRpc } from './directRpc.js';

/** After so long a poll is asked anew, as the answer to the one before may never come. */
const patience = 2_000;

/**
 * Has a poll for the newest block take the answer of the one before, where that is still awaited. Ponder polls by the clock, whether
 * it was answered or not: a node that takes longer than that would have ever more to answer, and nothing else would get through to
 * it. Anvil works out again who sent each transaction of the block, at every poll.
 *
 * @param rpc Ponder's, which polls through its own `request`: this is what is replaced.
 * @param now in milliseconds
 */
export function sharePolls(rpc: PacedRpc, now: () => number = () => performance.now()): void {
  const ask = rpc.request.bind(rpc);
  let last: { readonly answer: Promise<unknown>; readonly at: number } | undefined;
  rpc.request = (parameters, context) => {
    const { method, params } = parameters;
    if (method !== 'eth_getBlockByNumber' || String(params) !== 'latest,true') return ask(parameters, context);
    if (last !== undefined && now() - last.at < patience) return last.answer;
    const answer = ask(parameters, context).finally(() => {
      if (last?.answer === answer) last = undefined;
    });
    last = { answer, at: now() };
    return answer;
  };
}
