import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { numberToHex, type Hex } from 'viem';

export type LaggingNode = {
  readonly url: string;
  /** What it was asked, one by one, in order. */
  readonly asked: string[];
  readonly stop: () => Promise<void>;
};

type Asked = { readonly id: number; readonly method: string; readonly params?: readonly unknown[] };
type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };
type Block = { readonly hash: Hex; readonly number: Hex };

/**
 * A node in front of a chain, as a load balancer is: some of the questions are answered by one that does not have the newest
 * blocks yet, in the way of geth. It knows no state, block, receipt or log of them, and refuses to say anything about a block
 * that is named and that it does not have; but of a range of blocks it tells the logs that it knows.
 *
 * @param rpcUrl the chain's node
 * @param isBehind whether a question, so many counted with it, is answered by the node that is behind
 * @param blocks how many blocks it is behind
 *
 * @example
 * const node = await startLaggingNode(rpcUrl, ({ method }) => method === 'eth_getLogs');
 */
export async function startLaggingNode(
  rpcUrl: string,
  isBehind: (asked: Required<Omit<Asked, 'id'>> & { readonly turn: number }) => boolean,
  blocks = 3n,
): Promise<LaggingNode> {
  const asked: string[] = [];
  const ask = async (method: string, params: readonly unknown[] = []): Promise<Answer> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return (await response.json()) as Answer;
  };
  const resultOf = async (method: string, params?: readonly unknown[]): Promise<unknown> => {
    const answer = await ask(method, params);
    return 'result' in answer ? answer.result : null;
  };
  const answerBehind = async (method: string, params: readonly unknown[]): Promise<Answer> => {
    const newest = BigInt((await resultOf('eth_blockNumber')) as Hex);
    const head = newest > blocks ? newest - blocks : 0n;
    const isNew = (block: unknown): boolean => BigInt((block as Block | null)?.number ?? 0n) > head;
    const place = placeOfBlock[method];
    if (place !== undefined) {
      const block = params[place] ?? 'latest';
      if (typeof block === 'object') {
        const { blockHash } = block as { readonly blockHash: Hex };
        if (isNew(await resultOf('eth_getBlockByHash', [blockHash, false]))) return unknownBlock;
        return ask(method, params);
      }
      const isTag = !String(block).startsWith('0x');
      if (!isTag && BigInt(block as Hex) > head)
        return method === 'eth_getBlockByNumber' ? { result: null } : unknownBlock;
      return ask(method, isTag ? [...params.slice(0, place), numberToHex(head), ...params.slice(place + 1)] : params);
    }
    switch (method) {
      case 'eth_blockNumber':
        return { result: numberToHex(head) };
      case 'eth_getLogs': {
        const [filter] = params as [{ readonly fromBlock?: Hex; readonly toBlock?: Hex; readonly blockHash?: Hex }];
        if (filter.blockHash !== undefined) {
          return isNew(await resultOf('eth_getBlockByHash', [filter.blockHash, false]))
            ? unknownBlock
            : ask(method, params);
        }
        if (BigInt(filter.fromBlock ?? 0n) > head) return { result: [] };
        const isCut =
          filter.toBlock === undefined || filter.toBlock === ('latest' as Hex) || BigInt(filter.toBlock) > head;
        return ask(method, isCut ? [{ ...filter, toBlock: numberToHex(head) }] : params);
      }
      case 'eth_getBlockByHash':
      case 'eth_getTransactionByHash':
      case 'eth_getTransactionReceipt': {
        const result = (await resultOf(method, params)) as (Partial<Block> & { readonly blockNumber?: Hex }) | null;
        return { result: isNew({ number: result?.blockNumber ?? result?.number ?? 0n }) ? null : result };
      }
      default:
        return ask(method, params);
    }
  };
  const answer = async ({ id, method, params = [] }: Asked): Promise<object> => {
    asked.push(method);
    if (method === 'eth_fillTransaction') return { ...noSuchMethod, jsonrpc: '2.0', id };
    const answered = isBehind({ method, params, turn: asked.length })
      ? await answerBehind(method, params)
      : await ask(method, params);
    return { ...answered, jsonrpc: '2.0', id };
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Asked | Asked[];
      const answered = Array.isArray(body) ? Promise.all(body.map(answer)) : answer(body);
      void answered.then((answers) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a node does for the few that ask it to. */
const noSuchMethod = { error: { code: -32601, message: 'the method eth_fillTransaction does not exist' } } as const;

const unknownBlock = { error: { code: -32000, message: 'header not found' } } as const;

/** Of the methods that are asked about a block: which of their parameters it is. */
const placeOfBlock: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getBlockByNumber: 0,
  eth_getCode: 1,
  eth_getStorageAt: 2,
  eth_getTransactionCount: 1,
};
