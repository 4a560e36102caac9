import { BaseError } from '@kedge/core';
import { type Environment, readSecret } from '../gatewayConfig.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';

const againMs = 1_000;

/**
 * The upstream's API key as it is now: one in a file is read again when a call needs it and a second has passed, so that it can be
 * changed while the gateway serves. What cannot be read, or be a key, leaves the one before in force and is logged once.
 *
 * @throws BaseError `secret_missing`, `upstream_key_invalid`, where there is no good one to begin with.
 */
export function keyInFile(
  source: { readonly apiKeyEnv?: string | undefined; readonly apiKeyFile?: string | undefined },
  needs: { readonly env: Environment; readonly elapsedMs: () => number; readonly log: StructuredLog },
): () => string | undefined {
  const { env, elapsedMs, log } = needs;
  const { apiKeyEnv, apiKeyFile } = source;
  const read = (): string | undefined =>
    checkedKey(readSecret({ env: apiKeyEnv, file: apiKeyFile, what: "The upstream's API key" }, env));
  let key = read();
  // An environment never changes, and it counts first.
  if (apiKeyEnv !== undefined || apiKeyFile === undefined) return () => key;
  let readAt = elapsedMs();
  let failure: string | undefined;
  return () => {
    if (elapsedMs() - readAt < againMs) return key;
    readAt = elapsedMs();
    try {
      const next = read();
      if (next !== key) log.info('upstream_key_changed', {});
      key = next;
      failure = undefined;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== failure) log.warn('upstream_key_kept', { reason });
      failure = reason;
    }
    return key;
  };
}

/** A key with a line end in it would write headers of its own. */
function checkedKey(apiKey: string | undefined): string | undefined {
  if (apiKey === undefined || /^[\x21-\x7e]+$/.test(apiKey)) return apiKey;
  throw new BaseError("The upstream's API key has characters that no header may have.", {
    code: 'upstream_key_invalid',
    hints: ['Give the key alone, without spaces or line ends, in the variable or file that the configuration names.'],
  });
}
