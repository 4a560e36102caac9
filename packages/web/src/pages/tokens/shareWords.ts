import type { TokenSummary } from '@kedge/core';

/** What stands behind the weight of a share that does not earn. */
export const shareWords: Readonly<Record<TokenSummary['shareState'], string | undefined>> = {
  none: undefined,
  pending: 'waits to enter',
  active: undefined,
  ended: 'ended',
};
