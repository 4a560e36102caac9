/** Words of a URL that are shorter are no keys. */
const shortestSecret = 12;

/**
 * Lets the libraries of this process ask a node whose URL they do not know: providers put keys into path, query and user, and
 * Ponder and viem put the URL into what they log and throw. `fetch` completes requests to the origin alone, and takes the keys
 * out of answers that repeat them.
 *
 * @returns the URL to give them
 */
export function hideRpcUrl(rpcUrl: string): string {
  const hidden = new URL(rpcUrl);
  const shown = `${hidden.origin}/`;
  if (hidden.href === shown) return shown;
  const { username, password } = hidden;
  const authorization = username === '' ? undefined : basic(username, password);
  const secrets = secretsOf(hidden);
  hidden.username = '';
  hidden.password = '';
  const ask = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (`${url.origin}${url.pathname}` !== shown) return ask(input, init);
    const request = new Request(input, init);
    if (authorization !== undefined) request.headers.set('authorization', authorization);
    const { method, headers, signal } = request;
    const body = (await request.text()) || null;
    const answer = await ask(completed(hidden, url), { method, headers, signal, body });
    return withoutSecrets(answer, secrets);
  };
  return shown;
}

/** The node's URL with the query of the request beside its own. */
function completed(hidden: URL, { searchParams }: URL): URL {
  const url = new URL(hidden);
  for (const [name, value] of searchParams) url.searchParams.set(name, value);
  return url;
}

function basic(username: string, password: string): string {
  const pair = [username, password].map(decodeURIComponent).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** What of a URL may be a key, as it is written there and as a node may repeat it. */
function secretsOf({ pathname, searchParams, username, password }: URL): string[] {
  const written = [...pathname.split('/'), username, password];
  return [...written, ...written.map(decodeURIComponent), ...searchParams.values()].filter(
    (text) => text.length >= shortestSecret,
  );
}

async function withoutSecrets(answer: Response, secrets: readonly string[]): Promise<Response> {
  const { status, statusText, headers } = answer;
  const text = secrets.reduce((left, secret) => left.replaceAll(secret, '…'), await answer.text());
  // Some statuses allow no body, not even an empty one.
  return new Response(text === '' ? null : text, { status, statusText, headers });
}
