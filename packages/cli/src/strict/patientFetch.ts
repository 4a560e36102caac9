type Agent = new (options: { readonly headersTimeout: number; readonly bodyTimeout: number }) => object;
type Dispatcher = { readonly constructor: { readonly name: string } };

let dispatcher: object | undefined;

/**
 * The global `fetch`, without its limit of five minutes until an answer begins and between two pieces of it: a call of the proxy may
 * take as long as its client waits, and ends when that leaves.
 */
export function patientFetch(input: string, init: RequestInit): Promise<Response> {
  dispatcher ??= createDispatcher();
  return fetch(input, dispatcher === undefined ? init : ({ ...init, dispatcher } as RequestInit));
}

function createDispatcher(): object | undefined {
  const used = usedByFetch();
  // A dispatcher that somebody put in the place of Node's, such as one of a proxy, keeps its limits.
  if (used?.constructor.name !== 'Agent') return undefined;
  return new (used.constructor as Agent)({ headersTimeout: 0, bodyTimeout: 0 });
}

/** What Node's own `fetch` sends with, of undici, which Node offers under these names only. */
function usedByFetch(): Dispatcher | undefined {
  // Node loads it when it is first used.
  void new Headers();
  const globals = globalThis as { readonly [name: symbol]: Dispatcher | undefined };
  const [older, newer] = [1, 2].map((version) => globals[Symbol.for(`undici.globalDispatcher.${version}`)]);
  // From Node 26 on the older one is but for those who ask for it.
  return older?.constructor.name === 'Dispatcher1Wrapper' ? newer : older;
}
