import { withDecimals } from './withDecimals.js';

/** Who can do something about an error: the caller, time, or we. */
export type ErrorKind = 'user' | 'transient' | 'bug';

export type BaseErrorOptions = {
  /** What to do next, one sentence each. */
  readonly hints?: readonly string[];
  /** Page of the docs, from the root of the docs folder. */
  readonly docsPath?: string;
  /** Default `user`. */
  readonly kind?: ErrorKind;
  readonly cause?: unknown;
  /** HTTP status, for errors that leave through a server. */
  readonly status?: number;
  /** Stable machine-readable name in snake case. */
  readonly code?: string;
  /** What the error is about. Shown to the reader: never put a secret here. */
  readonly values?: Readonly<Record<string, unknown>>;
};

/**
 * The one error of Kedge: what is wrong, with which values, and what to do.
 *
 * @example
 * throw new BaseError('The channel has no value left.', {
 *   code: 'value_exhausted',
 *   status: 402,
 *   values: { remainingUnits: 0n, neededUnits: 12n },
 *   hints: ['Buy more with: kedge buy <classId> <units>'],
 * });
 */
export class BaseError extends Error {
  override readonly name: string = 'BaseError';
  readonly shortMessage: string;
  readonly hints: readonly string[];
  readonly docsPath?: string;
  readonly kind: ErrorKind;
  readonly status?: number;
  readonly code?: string;
  readonly values: Readonly<Record<string, unknown>>;

  constructor(shortMessage: string, options: BaseErrorOptions = {}) {
    super(messageOf(shortMessage, options), 'cause' in options ? { cause: options.cause } : undefined);
    this.shortMessage = shortMessage;
    this.hints = options.hints ?? [];
    this.kind = options.kind ?? 'user';
    this.values = options.values ?? {};
    if (options.docsPath !== undefined) this.docsPath = options.docsPath;
    if (options.status !== undefined) this.status = options.status;
    if (options.code !== undefined) this.code = options.code;
  }

  /**
   * The same error with some of it said otherwise, and this one as its cause: what is left out stays, and `values` come to
   * those that it has.
   *
   * @example
   * if (error instanceof BaseError) throw error.with({ hints: [...error.hints, 'Or leave the chain out: --no-chain'] });
   */
  with({ message = this.shortMessage, ...changes }: BaseErrorOptions & { readonly message?: string }): BaseError {
    const { hints, kind, values, docsPath, status, code } = this;
    return new BaseError(message, {
      hints,
      kind,
      cause: this,
      ...(docsPath === undefined ? {} : { docsPath }),
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { code }),
      ...changes,
      values: { ...values, ...changes.values },
    });
  }

  /**
   * The first error along the chain of causes that satisfies `predicate`, this one included.
   *
   * @example
   * const inner = error instanceof BaseError && error.walk((cause) => cause instanceof TypeError);
   */
  walk(predicate: (error: unknown) => boolean): unknown {
    return firstCause(this, predicate);
  }
}

function firstCause(error: unknown, predicate: (error: unknown) => boolean): unknown {
  if (error === undefined || error === null || predicate(error)) return error ?? undefined;
  return firstCause((error as { cause?: unknown }).cause, predicate);
}

/** A value as an error's reader sees it: bigint in decimal, objects as JSON. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    return JSON.stringify(value, withDecimals);
  }
  return String(value);
}

function messageOf(shortMessage: string, options: BaseErrorOptions): string {
  const values = Object.entries(options.values ?? {}).map(([name, value]) => `  ${name}: ${showValue(value)}`);
  const hints = (options.hints ?? []).map((hint) => `- ${hint}`);
  return [
    shortMessage,
    ...(values.length > 0 ? ['', ...values] : []),
    ...(hints.length > 0 ? ['', ...hints] : []),
    ...(options.docsPath === undefined ? [] : ['', `Docs: ${options.docsPath}`]),
  ].join('\n');
}
