import type { ConnectionPool, RunningRequest } from '../../../src/http1/createConnectionPool.js';

export type Answer = {
  readonly running: RunningRequest;
  /** What was told, in order: `start 200`, `data …`, `end`, `fail …`. Pieces of data are joined. */
  readonly told: string[];
  /** All of it, when it is over. */
  readonly over: Promise<string>;
  /** When the response has begun. */
  readonly begun: Promise<void>;
};

export function ask(
  pool: ConnectionPool,
  path = '/',
  body = '',
  method = 'POST',
  written: (text: string) => string | Buffer = (text) => text,
): Answer {
  const told: string[] = [];
  let onOver: () => void;
  let onBegun: () => void;
  const over = new Promise<void>((resolve) => (onOver = resolve));
  const begun = new Promise<void>((resolve) => (onBegun = resolve));
  const text = `${method} ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const running = pool.send(written(text), {
    start: (status) => {
      told.push(`start ${status}`);
      onBegun();
    },
    data: (chunk) => {
      const text = chunk.toString('latin1');
      if (told.at(-1)?.startsWith('data ') === true) told.push(`${told.pop()}${text}`);
      else told.push(`data ${text}`);
    },
    end: () => {
      told.push('end');
      onOver();
    },
    fail: (error) => {
      told.push(`fail ${error.message}`);
      onOver();
      onBegun();
    },
  });
  return { running, told, begun, over: over.then(() => told.join(', ')) };
}
