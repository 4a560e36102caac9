import { BaseError } from '@kedge/core';
import type { ConnectionPool } from '../http1/createConnectionPool.js';
import { pathOf } from '../http/pathOf.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import type { HeaderFields } from '../http1/parseHead.js';
import { reasonOf } from '../structuredLog.js';

/** Tells a gateway that another has passed the call on already: it serves it or says that it does not, and asks nobody else. */
export const passedOnHeader = 'kedge-passed-on';

/** Over: the client has its answer. Else nothing was charged, and it may be tried again. */
export type PassedOn = { readonly over: true } | { readonly over: false; readonly reason: string };

/** Whether the gateway that was given a call no longer serves its channel. */
export type Watch = { readonly everyMs: number; readonly isGone: () => Promise<boolean> };

// What is between two neighbours only (RFC 9110, 7.6.1), and what is written anew.
const ownHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'proxy-connection',
  'expect',
  'date',
  passedOnHeader,
]);

// What a gateway answers before it does anything for a call.
const nothingDone = /^(draining|log_unavailable|channel_elsewhere|channel_unchecked)$/;

/**
 * Has another gateway answer a call, and hands its answer on byte for byte.
 * @throws BaseError 502 `gateway_lost` when it went away after it was given the call: what it made of it is not known here.
 */
export function passOn(
  pool: ConnectionPool,
  origin: URL,
  request: HttpRequest,
  body: Buffer,
  response: HttpResponse,
  watch: Watch,
): Promise<PassedOn> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let headers: Record<string, string> = {};
    let isStream = false;
    let isOver = false;
    const chunks: Buffer[] = [];
    const end = (): void => {
      isOver = true;
      clearInterval(timer);
      response.onGone(undefined);
    };
    const settle = (outcome: PassedOn): void => {
      end();
      resolve(outcome);
    };
    const fail = (error: Error): void => {
      if (response.hasBegun()) {
        // The client sees that its stream is not whole.
        response.destroy();
        return settle({ over: true });
      }
      // Recorded there, its answer is found by its key; not recorded there, it never will be.
      const isSafe = isUnsent(error) || request.headers.get('idempotency-key') !== undefined;
      if (isSafe) return settle({ over: false, reason: reasonOf(error) });
      end();
      reject(lost(error));
    };
    // One that is stopped, or cut off, still has its connections.
    const timer = setInterval(() => {
      void watch.isGone().then((isGone) => {
        if (!isGone || isOver) return;
        running.abort();
        fail(new Error('another gateway has taken its channels over'));
      });
    }, watch.everyMs);
    const running = pool.send(bytesOf(origin, request, body), {
      start: (answered, fields) => {
        status = answered;
        headers = Object.fromEntries([...fields].filter(([name]) => !ownHeaders.has(name)));
        isStream = status === 200 && (fields.get('content-type') ?? '').startsWith('text/event-stream');
        if (isStream) response.begin(status, headers);
      },
      data: (lent) => {
        const chunk = Buffer.from(lent);
        if (!isStream) return void chunks.push(chunk);
        if (response.write(chunk)) return;
        running.pause();
        response.onDrain(() => running.resume());
      },
      end: () => {
        if (isStream) {
          response.end();
          return settle({ over: true });
        }
        const whole = Buffer.concat(chunks);
        const code = status === 503 ? codeIn(whole) : undefined;
        if (code !== undefined && nothingDone.test(code)) return settle({ over: false, reason: code });
        response.send(status, headers, whole);
        settle({ over: true });
      },
      fail,
    });
    // A call with a key runs to its end on the other side: that gateway knows.
    response.onGone(() => {
      running.abort();
      settle({ over: true });
    });
  });
}

function bytesOf(origin: URL, request: HttpRequest, body: Buffer): Buffer {
  const fields = passedFields(request.headers);
  const head =
    `${request.method} ${pathOf(request.target)} HTTP/1.1\r\nhost: ${origin.host}\r\n${fields}${passedOnHeader}: 1\r\n` +
    `content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function passedFields(headers: HeaderFields): string {
  let text = '';
  for (const [name, value] of headers) if (!ownHeaders.has(name)) text += `${name}: ${value}\r\n`;
  return text;
}

function codeIn(problem: Buffer): string | undefined {
  try {
    return (JSON.parse(problem.toString()) as { error?: { code?: string } }).error?.code;
  } catch {
    // Of something between the gateways: not known to have done nothing.
    return undefined;
  }
}

/** Whether the other side cannot have seen the request: there never was a connection. */
function isUnsent(error: Error): boolean {
  return /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|HTTP_BUSY)$/.test(
    (error as { code?: string }).code ?? '',
  );
}

function lost(cause: Error): BaseError {
  return new BaseError('The gateway that served this call went away before it answered.', {
    code: 'gateway_lost',
    status: 502,
    kind: 'transient',
    cause,
    values: { reason: reasonOf(cause) },
    hints: ['Make the call again. With an Idempotency-Key it is charged once, whatever became of this one.'],
  });
}
