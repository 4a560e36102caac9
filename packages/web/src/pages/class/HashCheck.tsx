import { useQuery } from '@tanstack/react-query';
import { Icon } from '../../ui/icons.js';

/** Whether a document is what the chain has the hash of, computed here. */
export function HashCheck({ document, hash }: { document: unknown; hash: string }) {
  const { data, isError } = useQuery({
    // The whole document: another class may claim the same hash for one of its own.
    queryKey: ['document-hash', hash, document],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await import('./checkDocument.js')).documentMatches(document, hash),
  });
  // What has no canonical form is not what was hashed.
  const isSame = isError ? false : data;
  if (isSame === undefined) return <span className="pill">Checking</span>;
  return (
    <span className={isSame ? 'pill good' : 'pill bad'}>
      <Icon name={isSame ? 'check' : 'cross'} size={14} />
      {isSame ? 'Matches the hash on chain' : 'Differs from the hash on chain'}
    </span>
  );
}
