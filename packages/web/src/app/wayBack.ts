import type { MouseEvent } from 'react';

const places = new Map<string, number>();

/** Remembers how far the reader has scrolled on each page, until what it answers with is called. */
export function keepPlaces(pageNow: () => string): () => void {
  openedAt(pageNow(), '');
  const keep = (): void => void places.set(pageNow(), window.scrollY);
  window.addEventListener('scroll', keep, { passive: true });
  return () => window.removeEventListener('scroll', keep);
}

/**
 * Where a page begins that has just been opened: at its top, and where the reader left it on the way back or forward.
 *
 * @param before the page that was there; the browser's history keeps it with the page
 */
export function openedAt(page: string, before: string): number {
  if (pageBefore() !== undefined) return places.get(page) ?? 0;
  history.replaceState({ ...(history.state as object | null), before }, '');
  return 0;
}

/** Leads back instead, where the reader came from the page that a link is to: to the same place in it, and what was chosen there. */
export function goBackTo(page: string, event: MouseEvent): void {
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!isPlain || pageBefore() !== page) return;
  event.preventDefault();
  history.back();
}

function pageBefore(): string | undefined {
  return (history.state as { readonly before?: string } | null)?.before;
}
