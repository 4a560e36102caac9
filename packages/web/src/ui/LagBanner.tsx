import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useIndexer } from '../data/useIndexed.js';
import { lagText } from '../data/lagText.js';

const everyMs = 5_000;
const queryKey = ['indexer-lag'];

/** Above every page while what the indexer answers is older than the chain. That it does not answer, the pages say. */
export function LagBanner() {
  const indexer = useIndexer();
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey,
    enabled: indexer !== undefined,
    refetchInterval: everyMs,
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<{ readonly head: number | undefined }>(queryKey);
      const status = await indexer!.status({}, { signal });
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
