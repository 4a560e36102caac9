import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useIndexer } from '../data/useIndexed.js';
import { lagText } from '../data/lagText.js';

const everyMs = 5_000;
/** An indexer that is busy with one question answers no other meanwhile. */
const patienceMs = 8_000;
const lateText = 'The indexer takes long to answer: what is shown may be old, and what is missing may still come.';
const queryKey = ['indexer-lag'];

/**
 * Above every page while what the indexer answers is older than the chain, or is long in coming. That it does not answer, the pages
 * say.
 */
export function LagBanner() {
  const indexer = useIndexer();
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey,
    enabled: indexer !== undefined,
    refetchInterval: everyMs,
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<{ readonly head: number | undefined }>(queryKey);
      const inTime = AbortSignal.timeout(patienceMs);
      const status = await indexer!
        .status({}, { signal: AbortSignal.any([signal, inTime]) })
        .catch((cause: unknown) => {
          if (!inTime.aborted) throw cause;
        });
      if (status === undefined) return { head: before?.head, text: lateText };
      return { head: status.head?.blockNumber, text: lagText(status, before?.head) };
    },
  });
  if (error !== null || data?.text === undefined) return null;
  return (
    <div className="banner" role="status">
      {data.text}
    </div>
  );
}
