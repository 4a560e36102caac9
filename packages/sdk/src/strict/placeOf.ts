import type { SendOptions } from './channelPayer.js';
import { paidSurfaces } from './paidSurfaces.js';

/** Where the gateway takes vouchers, and the key that names the channel there. */
export type Place = {
  readonly vouchers: string;
  readonly rates: string;
  readonly authorization: Record<string, string>;
  /** How the call reaches the gateway: what the client itself asks there goes the same way. */
  readonly way: SendOptions;
};

/** Of one kind of call. */
export type PaidPlace = Place & { readonly read: NonNullable<ReturnType<typeof paidSurfaces.get>> };

const longestFirst = [...paidSurfaces.keys()].toSorted((a, b) => b.length - a.length);

/** Undefined for what is not paid for. */
export function placeOf({ method, url, headers }: Request, options: SendOptions): PaidPlace | undefined {
  const target = new URL(url);
  // The longest path: "/chat/completions" is not "/completions" below "/chat".
  const path = longestFirst.find((known) => target.pathname.endsWith(known));
  const read = path === undefined ? undefined : paidSurfaces.get(path);
  if (method !== 'POST' || path === undefined || read === undefined) return undefined;
  const base = `${target.origin}${target.pathname.slice(0, -path.length)}`;
  return {
    read,
    vouchers: `${base}/vouchers`,
    rates: `${base}/rates`,
    authorization: keyIn(headers),
    way: 'dispatcher' in options ? ({ dispatcher: options.dispatcher } as SendOptions) : {},
  };
}

/** The API key, where the call has it: Anthropic's clients send the second, beside which the first may be for a proxy on the way. */
function keyIn(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name === 'authorization' || name === 'x-api-key'));
}
