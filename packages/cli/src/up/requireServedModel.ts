import { BaseError, type Policy } from '@kedge/core';
import type { OtherUpstream } from './otherUpstream.js';

/**
 * Refuses an upstream that has none of the models of the folder's policy: a policy cannot be changed for value that is bought
 * (L10), so every call would be refused.
 *
 * @param upstream undefined: the built-in one
 * @throws BaseError code `models_differ`
 */
export function requireServedModel(options: {
  readonly policy: Pick<Policy, 'models'>;
  readonly root: string;
  readonly upstream: Pick<OtherUpstream, 'url'> | undefined;
  readonly offered: readonly string[];
}): void {
  const { policy, root, upstream, offered } = options;
  if (offered.some((model) => policy.models.includes(model))) return;
  const name = upstream === undefined ? 'the built-in upstream' : upstream.url;
  throw new BaseError(`${root} was set up for ${policy.models.join(', ')}, which ${name} does not serve`, {
    code: 'models_differ',
    values: { offered: offered.slice(0, 10).join(', ') },
    hints: [
      ...(upstream === undefined ? ['name the upstream that does: --upstream <url>, at every start'] : []),
      'or give this upstream a stack of its own: add --data-dir <another folder>',
    ],
  });
}
