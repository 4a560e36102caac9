/** A text of metadata, or the first of several languages or licences; null where nothing would be seen of it. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return /[^\s\p{C}]/u.test(value) ? value.slice(0, 2_000) : null;
  if (typeof value !== 'object' || value === null) return null;
  return textOf(Object.values(value).find((each) => typeof each === 'string') ?? null);
}
