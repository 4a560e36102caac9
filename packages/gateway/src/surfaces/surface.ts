import type { Counts, Measured, MetricLabel, Policy, SurfacePath } from '@kedge/core';

/** What a call may cost at most, before it is made. */
export type Quote = {
  /** What is known before the call: all but the output. */
  readonly known: Counts;
  /** Output tokens that each of `choices` may have; enforced upstream and while streaming. */
  readonly outputCap: number;
  readonly choices: number;
  readonly worstUnits: bigint;
};

/** The fields of a chat completion that bound its output: servers know the first one, OpenAI's reasoning models the second only. */
export const outputLimitFields = ['max_tokens', 'max_completion_tokens'] as const;
export type OutputLimitField = (typeof outputLimitFields)[number];

/** The body that the upstream gets: written from what was measured, never the client's own bytes. */
export type ForwardedBody = { readonly contentType?: string; readonly body: string | Buffer };

/** What becomes of one event of a stream: handed on, kept from the client, or held back as the last until the receipt is there. */
export type EventFate = 'pass' | 'drop' | 'last';

/** What a stream has brought so far: part of an answer, or no more than word of a failure, or not even that. */
export type StreamSaid = 'answer' | 'failure' | 'nothing';

/** Reads the events of one streamed answer, in order. */
export type StreamReader = {
  /** @param data The event's `data`; undefined when it has none. */
  readonly read: (data: string | undefined) => EventFate;
  /** Roles, pings and other beginnings are no part of an answer yet. */
  readonly said: () => StreamSaid;
  /** Whether the output so far has more tokens than `limit`. */
  readonly exceeds: (limit: number) => boolean;
  readonly measured: () => Measured;
  /** What ends a stream that is cut at its cap, as its clients know it: events before the receipt, and the last one after it. */
  readonly cut: () => { readonly before: string; readonly last: string };
  /** The event that this API's clients raise as an error. */
  readonly errorEvent: (error: { readonly message: string; readonly type: string; readonly code: string }) => string;
};

/** A request that was read and quoted. */
export type OpenedRequest = {
  readonly model: string;
  readonly quote: Quote;
  readonly isStream: boolean;
  /** @param upstream In which field it takes the limit of a chat completion's output. */
  readonly forward: (upstream: { readonly outputLimitField: OutputLimitField }) => ForwardedBody;
  /**
   * @param latin1 The body as latin1 text.
   * @throws BaseError 502 `upstream_invalid` for what is no answer of this surface.
   */
  readonly measure: (body: Buffer, latin1: string) => Measured;
  /** Only called for a stream. */
  readonly readStream: () => StreamReader;
};

/** One kind of request that is metered. */
export type Surface = {
  /** As refusals name it. */
  readonly name: string;
  /** Below `/v1`, here and at the upstream. */
  readonly path: SurfacePath;
  /** Metrics of which a policy must price at least one: a surface without a rate is refused, never free. */
  readonly pricedBy: readonly MetricLabel[];
  /** Whose API it is. */
  readonly dialect: 'openai' | 'anthropic';
  /**
   * Reads a request's body, counts its input and finds the worst case.
   * @throws BaseError 400 for what is no such request; 403 `policy_refused`, whose `values.clause` names the clause.
   */
  readonly open: (policy: Policy, body: Buffer, contentType: string | undefined) => OpenedRequest;
};
