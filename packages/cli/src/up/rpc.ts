/** One JSON-RPC call over HTTP, for what viem has no action for. Throws when the node does not answer or answers an error. */
export async function rpc(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  timeout = 30_000,
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(timeout),
  });
  const body = (await response.json()) as { result?: unknown; error?: { message?: string } };
  if (body.error !== undefined) throw new Error(`${method}: ${body.error.message ?? JSON.stringify(body.error)}`);
  return body.result;
}

/** Whether a node answers there. */
export async function answersRpc(url: string): Promise<boolean> {
  return rpc(url, 'eth_chainId', [], 2_000).then(
    () => true,
    () => false,
  );
}
