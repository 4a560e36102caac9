/** Above what is shown still, though the indexer failed when it was last asked. */
export function StaleNote({ error }: { error: Error | null }) {
  if (error === null) return null;
  return <p className="callout warn">The indexer does not answer now: this is what it said last.</p>;
}
