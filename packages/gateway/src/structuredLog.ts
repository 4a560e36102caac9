import { withDecimals } from '@kedge/core';

/** One line of the gateway's log. Carries no prompts, answers or keys. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | bigint | null | undefined | readonly string[]>
>;

export type StructuredLog = {
  readonly info: (event: string, fields?: LogFields) => void;
  readonly warn: (event: string, fields?: LogFields) => void;
  readonly error: (event: string, fields?: LogFields) => void;
};

/** Writes one JSON object a line: time, level, event, then the fields; bigints as decimal strings. */
export function createStructuredLog(write: (line: string) => void, now: () => number): StructuredLog {
  const at = (level: string) => (event: string, fields?: LogFields) => {
    const line = { time: new Date(now()).toISOString(), level, event, ...fields };
    write(`${JSON.stringify(line, withDecimals)}\n`);
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/**
 * An error's own words, with its code, or how a request failed: what a log line says about it. The whole message of an RPC client
 * names its URL, and the key in that.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { shortMessage, code } = error as { shortMessage?: unknown; code?: unknown };
  const own = typeof shortMessage === 'string' ? shortMessage : error.message || error.name;
  const more = typeof code === 'string' ? code : requestFailureOf(error);
  return more === undefined || own.includes(more) ? own : `${own} (${more})`;
}

/** Of an RPC client's request: the status of the answer, or what the system calls the failure; undefined for another error. */
function requestFailureOf(error: Error): string | undefined {
  let failed = false;
  let last = error;
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    failed ||= each.name === 'HttpRequestError';
    const { status, code } = each as { status?: unknown; code?: unknown };
    if (failed && typeof status === 'number') return `HTTP ${status}`;
    if (failed && typeof code === 'string') return code;
    last = each;
  }
  return failed ? last.name : undefined;
}

/** Where an error was thrown, without its words, for the same reason. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
