/**
 * What Node's own `fetch` sends with: undici's `Agent`, which Node offers under these names only. Where it has both, the first is
 * used, and the second may be something else.
 */
const dispatcherNames = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')];

type Agent = new (options: { readonly headersTimeout: number; readonly bodyTimeout: number }) => object;

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
  // Node loads what it sends with when it is first used.
  void new Headers();
  const globals = globalThis as { readonly [name: symbol]: { readonly constructor: unknown } | undefined };
  const used = dispatcherNames.map((name) => globals[name]).find((dispatcher) => dispatcher !== undefined);
  // A dispatcher that somebody put in the place of Node's, such as one of a proxy, keeps its limits.
  if (typeof used?.constructor !== 'function' || used.constructor.name !== 'Agent') return undefined;
  return new (used.constructor as Agent)({ headersTimeout: 0, bodyTimeout: 0 });
}
