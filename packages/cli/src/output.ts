import { cutToColumns, plainText } from './plainText.js';

/** Where output goes; `isTTY` decides whether lines may be rewritten, `columns` how long one may be. */
export type Sink = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

/** A counter that is shown while something long runs. Ends with `done`. */
export type Progress = { update(text: string): void; done(): void };

/** Marks of a terminal around a text; the text as it is where stdout is none. */
type Colours = Readonly<Record<'green' | 'red' | 'dim' | 'bold', (text: string) => string>>;

/**
 * Everything that a command may say. Results go to stdout, all the rest to stderr, where with `--json` each line is one JSON
 * object; what only a person follows, waits and counters, is then shown on a terminal alone.
 */
export type Output = {
  readonly json: boolean;
  /** For results. */
  readonly colours: Colours;
  /** The result: `value` as JSON with `--json`, else the lines of `human`. Called once by a command. */
  result(value: unknown, human: () => string | readonly string[]): void;
  /** A line on stdout while the command still runs; nothing with `--json`. */
  print(line: string): void;
  /** A line on stderr: what the reader should know. */
  note(line: string): void;
  /** A question on the terminal. */
  ask(question: string): void;
  /** A line of a program that this one runs; one that is a JSON object already stays as it is. */
  relay(line: string): void;
  /** Says what is waited for when it takes more than a second. */
  waitFor<T>(what: string | (() => string), work: Promise<T>): Promise<T>;
  /**
   * One line rewritten in place on a terminal; otherwise a plain line after a second and then every ten, which says where it
   * hangs.
   */
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
const rewriteMilliseconds = 100;

/** Integers that JSON numbers cannot hold become decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, withDecimals, 2);
}

// Not core's: this is loaded at every start, for --help too.
const withDecimals = (_key: string, item: unknown): unknown => (typeof item === 'bigint' ? item.toString() : item);

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

/** An error that the user can mend by the shape that output knows, for modules that load nothing which defines one. */
export function userProblem(shortMessage: string, more: { code: string; hints: readonly string[] }): Error {
  return Object.assign(new Error(shortMessage), { shortMessage, values: {}, kind: 'user', ...more });
}

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

const shown = (value: unknown): string => (typeof value === 'object' ? toJson(value) : plainText(String(value)));

/** The date beside a value of a contract's error that is a moment, in Unix seconds. */
function momentBeside(name: string, value: unknown): string {
  if (!/(?:At|Until|^deadline)$/.test(name) || typeof value !== 'bigint' || value === 0n) return '';
  const date = new Date(Number(value) * 1000);
  return Number.isNaN(date.getTime()) ? '' : ` (${date.toISOString().replace('.000Z', 'Z')})`;
}

/** What a contract's error counts in base units of a class or an asset, of which it does not know the decimals. */
const countedInBaseUnits =
  /^(?:value|minValue|needed|supply|units|minUnits|left|pending|minPending|amount|cost|maxCost)$/;

function unitBeside(name: string, values: Described['values']): string {
  const isCounted = 'error' in values && typeof values[name] === 'bigint' && countedInBaseUnits.test(name);
  return isCounted ? ' base units' : '';
}

/** Lines of ours that may hold a text of somebody else. */
const plainLines = (text: string): string => text.split('\n').map(plainText).join('\n');

/** The exit code for an error. */
function exitCodeOf(error: unknown): number {
  const { kind, code } = describe(error);
  return code === usageCode ? exitCodes.usage : exitCodes[kind];
}

/**
 * Makes the output of one command.
 *
 * @param options.completed completes the command that a line or hint proposes; without it each stays as it is
 * @param options.plain never marks a text (environment `NO_COLOR`)
 * @param options.debug prints stacks of errors (environment `KEDGE_DEBUG`)
 * @example const output = createOutput({ json: false, stdout: process.stdout, stderr: process.stderr });
 */
export function createOutput(options: {
  json: boolean;
  stdout: Sink;
  stderr: Sink;
  completed?: (line: string) => string;
  plain?: boolean;
  debug?: boolean;
}): Output {
  const { json, stdout, stderr, completed = (line) => line, plain = false, debug = false } = options;
  const say = (line: string): void => void stderr.write(`${line}\n`);
  const sayJson = (object: Readonly<Record<string, unknown>>): void => say(JSON.stringify(object, withDecimals));
  const relayed = (line: string): void => (json ? sayJson({ note: line }) : say(line));
  const isWatched = !json || stderr.isTTY === true;
  return {
    json,
    colours: coloursFor(stdout.isTTY === true && !plain),
    note: (line) => relayed(completed(line)),
    ask: (question) => (isWatched ? say(question) : sayJson({ question })),
    relay: (line) => (isJsonObject(line) ? say(line) : relayed(line)),
    result(value, human) {
      if (json) {
        stdout.write(`${toJson(value)}\n`);
        return;
      }
      stdout.write(`${[human()].flat().map(completed).join('\n')}\n`);
    },
    print(line) {
      if (!json) stdout.write(`${line}\n`);
    },
    async waitFor(what, work) {
      if (!isWatched) return work;
      const timer = setTimeout(() => say(`waiting for ${typeof what === 'string' ? what : what()}`), quietMilliseconds);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
      }
    },
    progress() {
      if (!isWatched) return { update: () => undefined, done: () => undefined };
      const rewrites = stderr.isTTY === true;
      let latest: string | undefined;
      let timer: NodeJS.Timeout | undefined;
      // A line that wraps would not be rewritten, but pushed up the screen again and again.
      const fitting = (): string => cutToColumns(latest!, (stderr.columns ?? 80) - 1);
      const show = (): void => void (rewrites ? stderr.write(`\r\x1b[K${fitting()}`) : say(latest!));
      const showIn = (milliseconds: number): void => {
        timer = setTimeout(() => {
          show();
          showIn(rewrites ? rewriteMilliseconds : lineMilliseconds);
        }, milliseconds).unref();
      };
      return {
        update(text) {
          const isFirst = latest === undefined;
          latest = text;
          if (!isFirst) return;
          if (rewrites) show();
          showIn(rewrites ? rewriteMilliseconds : quietMilliseconds);
        },
        done() {
          clearTimeout(timer);
          if (rewrites && latest !== undefined) stderr.write('\r\x1b[K');
        },
      };
    },
    error(error) {
      const { shortMessage, values, kind, code, docsPath, ...described } = describe(error);
      const hints = described.hints.map(completed);
      const stack = debug && error instanceof Error ? causesOf(error) : undefined;
      if (json) sayJson({ error: { message: shortMessage, kind, code, values, hints, docsPath, stack } });
      else {
        say(`error: ${plainLines(shortMessage)}`);
        for (const [name, value] of Object.entries(values).filter(([, one]) => one !== undefined))
          say(`  ${plainText(name)}: ${shown(value)}${momentBeside(name, value)}${unitBeside(name, values)}`);
        for (const hint of hints) say(`  -> ${plainLines(hint)}`);
        if (docsPath !== undefined) say(`  see docs/${docsPath}`);
        if (stack !== undefined) say(stack);
      }
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

function isJsonObject(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function causesOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by ${causesOf(error.cause)}` : own;
}
