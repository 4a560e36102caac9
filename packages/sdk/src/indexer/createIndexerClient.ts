import {
  BaseError,
  indexerPath,
  indexerRoutes,
  readIndexerAnswer,
  type IndexerAnswer,
  type IndexerParameters,
  type IndexerRouteName,
} from '@kedge/core';
import { problemError } from './problemError.js';

export type CreateIndexerClientParameters = {
  /** Base URL of the indexer, as `kedge up` and `kedge indexer` print it. */
  readonly url: string;
  /** Default the global one. */
  readonly fetch?: typeof fetch;
};

type Optional<parameters> = {} extends parameters
  ? readonly [parameters?: parameters, options?: { readonly signal?: AbortSignal }]
  : readonly [parameters: parameters, options?: { readonly signal?: AbortSignal }];

/** One method for each route of `indexerRoutes`. */
export type IndexerClient = {
  readonly [name in IndexerRouteName]: (...given: Optional<IndexerParameters<name>>) => Promise<IndexerAnswer<name>>;
} & {
  /** Address of an answer, for a link or a download: `urlOf('earnings', { address, format: 'csv' })`. */
  readonly urlOf: <name extends IndexerRouteName>(
    name: name,
    parameters: IndexerParameters<name> & { readonly format?: 'json' | 'csv' },
  ) => string;
};

/**
 * A client of the indexer's REST API. Each method takes the parts of the path and the query of its route as one object and
 * resolves with the parsed answer: ids, units and amounts are bigints.
 *
 * Methods throw BaseError: `indexer_unreachable`, `indexer_answer_invalid`, or what the indexer says, such as
 * `class_unknown` (404) and `request_invalid` (400).
 *
 * @example
 * const indexer = createIndexerClient({ url: 'http://127.0.0.1:42069' });
 * const { items, next } = await indexer.classes({ kind: 'dataset', limit: 20 });
 * const explanation = await indexer.explainClaim({ tokenId, asset: zeroAddress });
 */
export function createIndexerClient(parameters: CreateIndexerClientParameters): IndexerClient {
  const base = parameters.url.replace(/\/+$/, '');
  const send = parameters.fetch ?? ((...given: Parameters<typeof fetch>) => fetch(...given));
  const get = async (name: IndexerRouteName, given: object = {}, signal?: AbortSignal): Promise<unknown> => {
    const url = `${base}${indexerPath(name, given as never)}`;
    const ask = (): Promise<Response> => send(url, signal === undefined ? {} : { signal });
    // Servers close what is idle, and may do so while a request is on its way: it is asked once more, for it changes nothing.
    const response = await ask()
      .catch((cause: unknown) => {
        if (signal?.aborted === true) throw cause;
        return ask();
      })
      .catch((cause: unknown) => {
        if (signal?.aborted === true) throw cause;
        throw unreachable(url, cause);
      });
    const json: unknown = await response.json().catch((cause: unknown) => {
      if (signal?.aborted === true) throw cause;
      // Something answers there, and says by its status what: a proxy, or another server at a wrong path.
      if (!response.ok) return undefined;
      throw unreachable(url, cause);
    });
    if (!response.ok) throw problemError(response.status, json, url);
    return readIndexerAnswer(name, json);
  };
  const methods = (Object.keys(indexerRoutes) as IndexerRouteName[]).map((name) => [
    name,
    (given?: object, options?: { readonly signal?: AbortSignal }) => get(name, given, options?.signal),
  ]);
  const urlOf = (name: IndexerRouteName, given: object): string => `${base}${indexerPath(name, given as never)}`;
  return { ...Object.fromEntries(methods), urlOf } as IndexerClient;
}

function unreachable(url: string, cause: unknown): BaseError {
  return new BaseError('The indexer does not answer.', {
    code: 'indexer_unreachable',
    kind: 'transient',
    status: 502,
    cause,
    values: { url },
    hints: ['Start it with: kedge up, or kedge indexer.', 'If it has just been started, wait until it is ready.'],
  });
}
