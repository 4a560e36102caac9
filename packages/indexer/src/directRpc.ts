import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** What is used of Ponder's RPC: it paces, retries and narrows ranges that a node finds too wide. */
export type PacedRpc = { request(parameters: RpcRequest, context?: unknown): Promise<unknown> };
export type RpcRequest = { readonly method: string; readonly params?: unknown };

const sockets = 16;
const patience = 30_000;

/**
 * Asks the node at once, without a pace, and leaves to Ponder's RPC what is not answered: an error, no block, or silence. For
 * nodes that take as many requests as come.
 */
export function withDirectRequests<rpc extends PacedRpc>(paced: rpc, rpcUrl: string): rpc {
  const ask = createAsk(new URL(rpcUrl));
  return {
    ...paced,
    request: async (parameters: RpcRequest, context?: unknown) => {
      const { method, params } = parameters;
      const answer = await ask(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })).catch(() => null);
      // Ponder's RPC meets the same fault, and says it.
      return answer ?? paced.request(parameters, context);
    },
  };
}

/** Resolves with the result; null where the node has none. */
function createAsk(url: URL): (body: string) => Promise<unknown> {
  const isSecure = url.protocol === 'https:';
  const send = isSecure ? httpsRequest : httpRequest;
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: sockets });
  return (body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const outgoing = send(url, { method: 'POST', agent, headers, timeout: patience }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          try {
            const { result, error } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
            if (incoming.statusCode !== 200 || error !== undefined) reject(new Error(JSON.stringify(error)));
            else resolve(result ?? null);
          } catch (error) {
            reject(error as Error);
          }
        });
      });
      outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${patience / 1_000} s`)));
      outgoing.once('error', reject);
      outgoing.end(body);
    });
}
