/**
 * What the gateway's program asks of Node, on its command line. Room for what calls leave behind, so that collecting it is rare,
 * for 48 MB; and one thread that collects it: so little of it is still in use that sharing the work out costs more than the work.
 */
export const gatewayNodeFlags: readonly string[] = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--no-parallel-scavenge',
];
