import { resolve } from 'node:path';
import { BaseError } from '@kedge/core';
import * as z from 'zod';
import type { Option } from '../command.js';
import type { Context } from '../context.js';
import { readGivenFile } from '../files/readGivenFile.js';
import { parseChoice, textOption, urlOption } from '../parse.js';
import { usageError } from '../usageError.js';

const modelsSchema = z.looseObject({ data: z.array(z.looseObject({ id: z.string().min(1) })).min(1) });
const patience = 10_000;

/** The environment variable that another upstream's key is read from. */
const upstreamKeyVariable = 'KEDGE_UPSTREAM_API_KEY';

const outputLimitFields = ['max_tokens', 'max_completion_tokens'] as const;

/** An API behind the gateway that is not the built-in one, as the gateway's configuration says it. */
export type OtherUpstream = {
  readonly url: string;
  /** Where the gateway reads the key from, if there is one: never the command line. */
  readonly apiKeyEnv?: string;
  readonly apiKeyFile?: string;
  readonly outputLimitField?: (typeof outputLimitFields)[number];
};

/** The options beside `--upstream`. */
export const upstreamOptions: readonly Option[] = [
  {
    flags: '--upstream-key-file <file>',
    summary: `file with the key of that API; without it the environment's ${upstreamKeyVariable}, if set`,
  },
  {
    flags: '--upstream-limit-field <field>',
    summary:
      'how that API takes the limit of an answer: max_tokens or max_completion_tokens; without it the latter for api.openai.com only',
  },
];

/**
 * What `--upstream` and the options beside it say, each above what a configuration says of the same; undefined where nobody
 * names an upstream.
 *
 * @param given the upstream of a configuration
 */
export function otherUpstreamOf(context: Context, given: Partial<OtherUpstream> = {}): OtherUpstream | undefined {
  const url = urlOption(context, 'upstream') ?? given.url;
  const keyFile = textOption(context, 'upstreamKeyFile');
  const limitField = textOption(context, 'upstreamLimitField');
  if (url === undefined) {
    const flag =
      keyFile !== undefined ? '--upstream-key-file' : limitField !== undefined ? '--upstream-limit-field' : undefined;
    if (flag === undefined) return undefined;
    throw usageError(`${flag} is about an upstream, and none is named.`, 'Pass --upstream as well.');
  }
  // One key: the gateway would look for the other first.
  const { apiKeyEnv, apiKeyFile, ...rest } = given;
  const givenKey = {
    ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }),
    ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
  };
  const isKeyGiven = apiKeyEnv !== undefined || apiKeyFile !== undefined;
  return {
    ...rest,
    url,
    ...(keyFile !== undefined
      ? { apiKeyFile: resolve(context.cwd, keyFile) }
      : isKeyGiven || context.environment[upstreamKeyVariable] === undefined
        ? givenKey
        : { apiKeyEnv: upstreamKeyVariable }),
    ...(limitField === undefined
      ? {}
      : { outputLimitField: parseChoice(limitField, outputLimitFields, '--upstream-limit-field') }),
  };
}

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
  const { apiKeyEnv, apiKeyFile } = upstream;
  const named = apiKeyEnv === undefined ? undefined : environment[apiKeyEnv];
  const key = apiKeyFile === undefined ? named : (await readGivenFile('', apiKeyFile)).toString();
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key.trim())) throw noKey(apiKeyFile ?? apiKeyEnv!);
  try {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key.trim()}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(patience) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return modelsSchema.parse(await response.json()).data.map(({ id }) => id);
  } catch (cause) {
    throw new BaseError(`${url} does not say which models there are: ${reasonOf(cause)}`, {
      code: 'upstream_models_unknown',
      cause,
      hints: [
        'name them: --model <name>, as often as needed',
        `a key goes into ${upstreamKeyVariable} or --upstream-key-file`,
      ],
    });
  }
}

/** `fetch` says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return message;
  const { code } = cause as NodeJS.ErrnoException;
  return code === undefined ? cause.message : `it does not answer (${code})`;
}

function noKey(source: string): BaseError {
  return new BaseError(`${source} holds no API key: it has characters that no header may have.`, {
    code: 'upstream_key_invalid',
    hints: ['Put the key alone into it, in one line.'],
  });
}
