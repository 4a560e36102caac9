import { useSyncExternalStore } from 'react';

/** The pages, in the order of the menu; `class` is reached from the others. */
export const pages = {
  explore: 'Explore',
  tokens: 'My tokens',
  earnings: 'Earnings',
  operator: 'Operator',
  try: 'Try it',
} as const;

export type Route =
  | { readonly page: keyof typeof pages }
  | { readonly page: 'class'; readonly classId: bigint }
  | { readonly page: 'missing' };

/**
 * The page that an address' fragment names. The part after # is used so that a static build works below any path, on any
 * server.
 */
export function parseRoute(hash: string): Route {
  const [page = '', id, ...rest] = hash
    .replace(/^#?\/?/, '')
    .split('?')[0]!
    .split('/');
  if (rest.length > 0) return { page: 'missing' };
  if (page === '' && id === undefined) return { page: 'explore' };
  if (page === 'class' && id !== undefined && /^[1-9]\d{0,18}$/.test(id)) return { page: 'class', classId: BigInt(id) };
  return id === undefined && Object.hasOwn(pages, page) ? { page: page as keyof typeof pages } : { page: 'missing' };
}

/** The address of a page. */
export function linkTo(page: keyof typeof pages | 'class', classId?: bigint): string {
  return classId === undefined ? `#/${page}` : `#/${page}/${classId}`;
}

/** The present page. */
export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(onHashChange, () => location.hash));
}

/** What the reader chose on a page, by the query behind the page's name. */
export function choiceIn(hash: string, name: string): string | undefined {
  return queryIn(hash).get(name) ?? undefined;
}

/** The same address with another choice; undefined: without one. */
export function withChoice(hash: string, name: string, value: string | undefined): string {
  const query = queryIn(hash);
  if (value === undefined) query.delete(name);
  else query.set(name, value);
  return [hash.split('?', 1)[0], ...(query.size === 0 ? [] : [query])].join('?');
}

function queryIn(hash: string): URLSearchParams {
  return new URLSearchParams(hash.split('?').slice(1).join('?'));
}

/** Tells when the page changes; what it answers with ends that. */
export function onHashChange(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}
