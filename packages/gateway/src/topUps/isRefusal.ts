import { BaseError as ViemError } from 'viem';

/** The node ran it and says no: not that the node is out of reach. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false;
  return (
    error.walk((cause) => /revert|no data|ZeroData/i.test(`${(cause as Error).name} ${(cause as Error).message}`)) !==
    null
  );
}

/** What the chain says, undefined where it refuses to. */
export function orRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isRefusal(error)) return undefined;
    throw error;
  });
}
