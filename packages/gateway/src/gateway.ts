/** A running gateway. */
export type Gateway = {
  /** Without a path: OpenAI clients take `${url}/v1`. */
  readonly url: string;
  /** Stops accepting, lets running calls end, writes and captures what is left, within the configured time. */
  readonly close: () => Promise<void>;
};
