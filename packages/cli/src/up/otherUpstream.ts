import { readFileSync } from 'node:fs';
import { BaseError } from '@kedge/core';
import { z } from 'zod';
import type { OtherUpstream } from './programs.js';

const modelsSchema = z.looseObject({ data: z.array(z.looseObject({ id: z.string().min(1) })).min(1) });
const patience = 10_000;

/** The environment variable that another upstream's key is read from. */
export const upstreamKeyVariable = 'KEDGE_UPSTREAM_API_KEY';

/**
 * Asks another upstream which models it has: the policy names what may be asked for.
 *
 * @throws BaseError code `upstream_models_unknown`
 */
export async function upstreamModels(
  upstream: OtherUpstream,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const base = new URL(upstream.url);
  const url = `${base.origin}${base.pathname === '/' ? '/v1' : base.pathname.replace(/\/+$/, '')}/models`;
  const { apiKey } = upstream;
  const key =
    apiKey === undefined ? undefined : 'env' in apiKey ? environment[apiKey.env] : readFileSync(apiKey.file, 'utf8');
  try {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key.trim()}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(patience) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return modelsSchema.parse(await response.json()).data.map(({ id }) => id);
  } catch (cause) {
    throw new BaseError(`${url} does not say which models there are: ${(cause as Error).message}`, {
      code: 'upstream_models_unknown',
      cause,
      hints: [
        'name them: --model <name>, as often as needed',
        `a key goes into ${upstreamKeyVariable} or --upstream-key-file`,
      ],
    });
  }
}
