import { type MetricCounts, noCounts, sumOfCounts } from '../metrics/createMetrics.js';

/** What all processes of a gateway counted, also those that have ended or do not answer: what is a counter never goes back. */
export type WorkerCounts = {
  /** Takes what the process at a worker's place has counted by now. */
  readonly take: (worker: number, process: object, counts: MetricCounts) => void;
  /** @param answering The workers whose counts are of now. */
  readonly sum: (answering: ReadonlySet<number>) => MetricCounts;
};

export function createWorkerCounts(): WorkerCounts {
  const places = new Map<number, { process: object; counts: MetricCounts; ended: MetricCounts }>();
  return {
    take: (worker, process, counts) => {
      const known = places.get(worker);
      if (known?.process === process) known.counts = counts;
      else places.set(worker, { process, counts, ended: known === undefined ? noCounts : gone(known) });
    },
    sum: (answering) =>
      sumOfCounts([...places].map(([worker, place]) => (answering.has(worker) ? withEnded(place) : gone(place)))),
  };
}

type Counted = { readonly counts: MetricCounts; readonly ended: MetricCounts };

function withEnded({ counts, ended }: Counted): MetricCounts {
  return sumOfCounts([ended, counts]);
}

/** How the upstream did when nobody looked is not how it does. */
function gone(counted: Counted): MetricCounts {
  const { failingInARow, failingForMs, servedMsAgo } = noCounts;
  return { ...withEnded(counted), failingInARow, failingForMs, servedMsAgo };
}
