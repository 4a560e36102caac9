import { Agent, request } from 'node:http';
import { createTransport, HttpRequestError, RpcRequestError, stringify, type Transport } from 'viem';

/** A transport, and the end of its connections. */
type NodeTransport = { readonly transport: Transport; readonly close: () => void };

/**
 * What viem's `http(url)` does, by Node's HTTP client instead of `fetch`: a third of the processor's time a request, of which
 * tests make tens of thousands. Errors are the same; a chain that answers late is waited for.
 */
export function nodeTransport(url: string): NodeTransport {
  const agent = new Agent({ keepAlive: true });
  let id = 0;
  const transport: Transport = ({ retryCount }) =>
    createTransport(
      {
        key: 'http',
        name: 'HTTP JSON-RPC',
        type: 'http',
        ...(retryCount === undefined ? {} : { retryCount }),
        async request({ method, params }) {
          const body = { method, params };
          const text = await post(url, agent, stringify({ jsonrpc: '2.0', id: (id += 1), ...body })).catch(
            (cause: Error) => {
              throw new HttpRequestError({ body, cause, url });
            },
          );
          const { error, result } = JSON.parse(text) as { error?: { code: number; message: string }; result?: unknown };
          if (error !== undefined) throw new RpcRequestError({ body, error, url });
          return result as never;
        },
      },
      { url },
    );
  return { transport, close: () => agent.destroy() };
}

function post(url: string, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => resolve(text))
        .on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}
