/** Where output goes; `isTTY` decides whether lines may be rewritten. */
export type Sink = { write(text: string): unknown; readonly isTTY?: boolean };

/** A counter that is shown while something long runs. Ends with `done`. */
export type Progress = { update(text: string): void; done(): void };

/** Marks of a terminal around a text; the text as it is where stdout is none. */
export type Colours = Readonly<Record<'green' | 'red' | 'dim' | 'bold', (text: string) => string>>;

/** Everything that a command may say. Results go to stdout, all the rest to stderr. */
export type Output = {
  readonly json: boolean;
  /** For results. */
  readonly colours: Colours;
  /** The result: `value` as JSON with `--json`, else the lines of `human`. Called once by a command. */
  result(value: unknown, human: () => string | readonly string[]): void;
  /** A line on stdout while the command still runs; nothing with `--json`. */
  print(line: string): void;
  /** A line on stderr. */
  note(line: string): void;
  /** Says what is waited for when it takes more than a second. */
  waitFor<T>(what: string | (() => string), work: Promise<T>): Promise<T>;
  /** One line rewritten in place on a terminal; otherwise a plain line every ten seconds. */
  progress(): Progress;
  /** Prints an error and its way out, and answers with the exit code for it. */
  error(error: unknown): number;
};

/** 0 done; 1 the user can mend it; 2 wrong usage; 3 try again later; 70 a bug in kedge. */
export const exitCodes = { ok: 0, user: 1, usage: 2, transient: 3, bug: 70 } as const;

/** The error code of a `BaseError` that comes from the command line itself. */
export const usageCode = 'usage';

const quietMilliseconds = 1_000;
const lineMilliseconds = 10_000;

/** Integers that JSON numbers cannot hold become decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item), 2);
}

/**
 * Columns, two spaces apart; the first row is the head. Left-aligned, but for those whose head is in `numeric`, which end
 * below one another.
 */
export function table(
  rows: readonly (readonly string[])[],
  indent = '',
  numeric: ReadonlySet<string> = new Set(),
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  const isNumeric = (rows[0] ?? []).map((head) => numeric.has(head));
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((row) => (indent + row.map(pad).join('  ')).trimEnd());
}

type Described = {
  readonly shortMessage: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly hints: readonly string[];
  readonly kind: 'user' | 'transient' | 'bug';
  readonly code?: string;
  readonly docsPath?: string;
};

/** Reads a `BaseError` by its shape, so that printing one does not load the packages that define it. */
function describe(error: unknown): Described {
  if (error instanceof Error && 'shortMessage' in error && 'hints' in error && 'kind' in error) {
    return error as Error & Described;
  }
  return {
    shortMessage: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    values: {},
    hints: ['This is a bug in kedge: run the command again with KEDGE_DEBUG=1 and report what it prints.'],
    kind: 'bug',
  };
}

const shown = (value: unknown): string => (typeof value === 'object' ? toJson(value) : String(value));

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  const { kind, code } = describe(error);
  return code === usageCode ? exitCodes.usage : exitCodes[kind];
}

/**
 * Makes the output of one command.
 *
 * @param options.plain never marks a text (environment `NO_COLOR`)
 * @param options.debug prints stacks of errors (environment `KEDGE_DEBUG`)
 * @example const output = createOutput({ json: false, stdout: process.stdout, stderr: process.stderr });
 */
export function createOutput(options: {
  json: boolean;
  stdout: Sink;
  stderr: Sink;
  plain?: boolean;
  debug?: boolean;
}): Output {
  const { json, stdout, stderr, plain = false, debug = false } = options;
  const note = (line: string): void => void stderr.write(`${line}\n`);
  return {
    json,
    colours: coloursFor(stdout.isTTY === true && !plain),
    note,
    result(value, human) {
      if (json) {
        stdout.write(`${toJson(value)}\n`);
        return;
      }
      const text = human();
      stdout.write(`${typeof text === 'string' ? text : text.join('\n')}\n`);
    },
    print(line) {
      if (!json) stdout.write(`${line}\n`);
    },
    async waitFor(what, work) {
      const timer = setTimeout(
        () => note(`waiting for ${typeof what === 'string' ? what : what()}`),
        quietMilliseconds,
      );
      try {
        return await work;
      } finally {
        clearTimeout(timer);
      }
    },
    progress() {
      let last = Date.now();
      let shown = false;
      return {
        update(text) {
          const now = Date.now();
          if (stderr.isTTY === true) {
            if (shown && now - last < 100) return;
            stderr.write(`\r\x1b[K${text}`);
          } else {
            if (now - last < lineMilliseconds) return;
            note(text);
          }
          last = now;
          shown = true;
        },
        done() {
          if (shown && stderr.isTTY === true) stderr.write('\r\x1b[K');
        },
      };
    },
    error(error) {
      const { shortMessage, values, hints, kind, code, docsPath } = describe(error);
      if (json) note(toJson({ error: { message: shortMessage, kind, code, values, hints, docsPath } }));
      else {
        note(`error: ${shortMessage}`);
        for (const [name, value] of Object.entries(values)) note(`  ${name}: ${shown(value)}`);
        for (const hint of hints) note(`  -> ${hint}`);
        if (docsPath !== undefined) note(`  see ${docsPath}`);
      }
      if (debug && error instanceof Error) note(causesOf(error));
      return exitCodeOf(error);
    },
  };
}

function coloursFor(isMarked: boolean): Colours {
  const mark =
    (code: number) =>
    (text: string): string =>
      isMarked ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { green: mark(32), red: mark(31), dim: mark(2), bold: mark(1) };
}

function causesOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by ${causesOf(error.cause)}` : own;
}
