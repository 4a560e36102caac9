type RpcMessage = { readonly id: number };
type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` for JSON-RPC requests that travel together, for nodes that refuse that: many take no batches, or only short ones,
 * and say so with one error in the place of the list, with a list that lacks answers, or with a status. What was not answered
 * is then sent one by one, and so is all that follows.
 *
 * @example
 * const transport = http(rpcUrl, { batch: true, fetchFn: createBatchFetch(fetch) });
 */
export function createBatchFetch(send: Fetch): Fetch {
  let isRefused = false;
  return async (input, init) => {
    const requests = JSON.parse(String(init?.body)) as RpcMessage | readonly RpcMessage[];
    if (!Array.isArray(requests)) return send(input, init);
    const sendOne = (request: RpcMessage): Promise<Response> => send(input, { ...init, body: JSON.stringify(request) });
    if (isRefused) return listOf(requests, await Promise.all(requests.map(sendOne)));
    const response = await send(input, init);
    const text = await response.text();
    const answers = response.ok ? answersIn(text).filter(({ id }) => requests.some((asked) => asked.id === id)) : [];
    const [first, ...others] = requests.filter(({ id }) => !answers.some((answer) => answer.id === id));
    if (first === undefined) return jsonResponse(answers);
    const alone = await sendOne(first);
    // Alone it fares no better: the node has another reason, and the others have it, too.
    if (!alone.ok) return listOf(requests, [alone]);
    isRefused = true;
    return listOf(requests, [alone, ...(await Promise.all(others.map(sendOne)))], answers);
  };
}

function answersIn(text: string): readonly RpcMessage[] {
  const answers = parse(text);
  return Array.isArray(answers) ? (answers as RpcMessage[]) : [];
}

/** What was answered before, and these answers, in one list. A failure is the answer to all, in the form that viem reads. */
async function listOf(
  requests: readonly RpcMessage[],
  responses: readonly Response[],
  before: readonly RpcMessage[] = [],
): Promise<Response> {
  const failed = responses.find(({ ok }) => !ok);
  if (failed === undefined) {
    const texts = await Promise.all(responses.map((response) => response.text()));
    const garbled = texts.find((text) => parse(text) === undefined);
    if (garbled !== undefined) return new Response(garbled);
    return jsonResponse([...before, ...texts.map((text) => JSON.parse(text) as RpcMessage)]);
  }
  const text = await failed.text();
  const { error } = (parse(text) ?? {}) as { readonly error?: { readonly code?: unknown } };
  if (typeof error?.code === 'number') return jsonResponse(requests.map(({ id }) => ({ jsonrpc: '2.0', id, error })));
  return new Response(text, { status: failed.status, statusText: failed.statusText, headers: failed.headers });
}

function jsonResponse(answers: readonly RpcMessage[]): Response {
  return new Response(JSON.stringify(answers), { headers: { 'content-type': 'application/json' } });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
