import { BaseError, type Hex } from '@kedge/core';
import type { PoolClient } from 'pg';
import { reasonOf, type StructuredLog } from '../../structuredLog.js';

export type Row = Readonly<Record<string, unknown>>;

/** A PostgreSQL database. */
export type Database = {
  /** One statement in a transaction of its own, prepared under `name`. */
  readonly query: (name: string, text: string, values: readonly unknown[]) => Promise<Row[]>;
  /** Statements on one connection, which is not used again when `work` fails. */
  readonly onConnection: <T>(
    work: (query: (text: string, values?: readonly unknown[]) => Promise<Row[]>) => Promise<T>,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
};

// Whatever the server, the database or the user are set to.
const sessionSettings = {
  // A gateway whose machine is gone must not hold the lock of the one that captures for hours.
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  // What was committed is on disk (R13).
  synchronous_commit: 'on',
  // What two gateways ask for at once waits, and does not fail.
  default_transaction_isolation: 'read\\ committed',
};

/**
 * Connects when something is asked. The driver is loaded here, so that a gateway with a log of its own needs none.
 * @param connections At most; who asks for more at once waits.
 * @param timeoutMs For a connection, and for each statement on both sides.
 */
export async function openDatabase(options: {
  readonly url: string;
  readonly password: string | undefined;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly log: StructuredLog;
}): Promise<Database> {
  const { Pool } = await import('pg');
  const { timeoutMs, password } = options;
  const pool = new Pool({
    connectionString: options.url,
    ...(password === undefined ? {} : { password }),
    max: options.connections,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    // After the database's own, which tells more.
    query_timeout: timeoutMs + 1_000,
    idle_in_transaction_session_timeout: timeoutMs,
    keepAlive: true,
    application_name: 'kedge-gateway',
    options: Object.entries(sessionSettings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // Of a connection that nobody uses; whoever uses one is told by what fails.
  pool.on('error', (error) => options.log.warn('ledger_connection_lost', { reason: reasonOf(error) }));

  return {
    query: async (name, text, values) => (await pool.query<Row>({ name, text, values: [...values] })).rows,
    onConnection: async (work) => {
      const client = await pool.connect();
      const ignore = (): void => undefined;
      client.on('error', ignore);
      const done = (error?: Error): void => {
        client.off('error', ignore);
        client.release(error);
      };
      try {
        const result = await work(async (text, values = []) => (await queryOn(client, text, values)).rows);
        done();
        return result;
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    },
    close: () => pool.end(),
  };
}

function queryOn(client: PoolClient, text: string, values: readonly unknown[]): Promise<{ rows: Row[] }> {
  return client.query<Row>(text, [...values]);
}

/**
 * Whether a statement that failed may be made again: the database could not be reached, or it gave up for reasons that pass.
 * It may have been done nevertheless.
 */
export function isTransient(error: unknown): boolean {
  const state = sqlState(error);
  // Without a SQLSTATE it never got an answer: refused, reset, timed out. What cannot be put into words for the database was
  // not sent, and never will be.
  if (state === undefined) return !(error instanceof RangeError || error instanceof TypeError);
  // 25006: a server that was the first one, and is only a standby now. Whoever took its place is found in time.
  // 57P05: the server ends connections that are idle for long, and did so just then.
  return /^(08|57P0[1235]|53[34]|40|55P03|57014|25P03|25006)/.test(state);
}

/** Whether a statement took longer than it may, here or at the database. */
export function isTimeout(error: unknown): boolean {
  return sqlState(error) === '57014' || (error instanceof Error && error.message === 'Query read timeout');
}

/** PostgreSQL's five characters for what went wrong. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : undefined;
}

/** The same for what callers of the gateway wait for: they are told `log_unavailable`, and the log what the database said. */
export function forCallers(database: Database, log: StructuredLog): Pick<Database, 'query'> {
  return {
    query: (name, text, values) =>
      database.query(name, text, values).catch((error: unknown) => {
        log.warn('ledger_query_failed', { query: name, reason: reasonOf(error) });
        throw ledgerUnavailable(error);
      }),
  };
}

/** What the database said is not for callers. */
function ledgerUnavailable(cause: unknown): BaseError {
  return new BaseError('The gateway cannot reach its ledger: it serves nothing that it cannot record.', {
    code: 'log_unavailable',
    status: 503,
    kind: 'transient',
    cause,
    values: { retryAfterSeconds: 2 },
    hints: ['Try again in a moment. The operator should look at the PostgreSQL server of the gateways.'],
  });
}

/** A hash as PostgreSQL takes it. */
export function bytesOf(hex: Hex): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}

/** And as it gives it back. */
export function hexOf(bytes: unknown): Hex {
  return `0x${(bytes as Buffer).toString('hex')}`;
}
