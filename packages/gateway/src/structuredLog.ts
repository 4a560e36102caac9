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
    write(`${JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`);
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** An error's own words: what a log line says about it. The whole message of an RPC client names its URL, and the key in that. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const short = (error as { shortMessage?: unknown }).shortMessage;
  const own = typeof short === 'string' ? short : error.message || error.name;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && !own.includes(code) ? `${own} (${code})` : own;
}

/** Where an error was thrown, without its words, for the same reason. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
