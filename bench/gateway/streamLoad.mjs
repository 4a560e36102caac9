// Lines of {url, upstream, count, connections}: so many streams over so many connections. Every event must arrive as it was sent;
// how long each took from the upstream's write is its lag.
import { connect } from 'node:net';
import { keyOf, requestOf, streamEvent, streamEvents, streamQuestion } from './bodies.mjs';
import { answerLines } from './program.mjs';

/** Reads one answer in chunks; `onEvent` gets each event of its stream, `onEnd` is called after the last chunk. */
function streamReader(onEvent, onEnd) {
  let bytes = '';
  let body = '';
  let hasHead = false;
  return (chunk) => {
    bytes += chunk.latin1Slice();
    if (!hasHead) {
      const head = bytes.indexOf('\r\n\r\n');
      if (head < 0) return;
      if (!bytes.startsWith('HTTP/1.1 200')) throw new Error(bytes.slice(0, 600));
      bytes = bytes.slice(head + 4);
      hasHead = true;
    }
    for (;;) {
      const line = bytes.indexOf('\r\n');
      if (line < 0) return;
      const size = Number.parseInt(bytes.slice(0, line), 16);
      if (bytes.length < line + 4 + size) return;
      body += bytes.slice(line + 2, line + 2 + size);
      bytes = bytes.slice(line + 4 + size);
      for (let end = body.indexOf('\n\n'); end >= 0; end = body.indexOf('\n\n')) {
        onEvent(body.slice(0, end + 2));
        body = body.slice(end + 2);
      }
      if (size > 0) continue;
      hasHead = false;
      onEnd();
    }
  };
}

await answerLines(async ({ url, upstream, count, connections }) => {
  const { hostname, port } = new URL(url);
  const bytes = requestOf(url, streamQuestion, { key: keyOf(0, 1), upstream });
  const lags = [];
  let left = count;
  const begun = performance.now();
  const connection = () =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: Number(port), host: hostname, noDelay: true });
      let index = 0;
      const next = () => {
        if (left-- <= 0) {
          socket.end();
          return resolve();
        }
        index = 0;
        socket.write(bytes);
      };
      const onEvent = (event) => {
        // The receipt is a comment.
        if (event.startsWith(':')) return;
        const now = Number(process.hrtime.bigint() / 1000n);
        const sentAt = Number(/"sentAt":(\d+)/.exec(event)?.[1]);
        if (event !== streamEvent(index, sentAt)) {
          throw new Error(`event ${index} came as ${event.slice(0, 300)}`);
        }
        if (index < streamEvents - 2) lags.push(now - sentAt);
        index++;
      };
      const onEnd = () => {
        if (index !== streamEvents) throw new Error(`a stream ended after ${index} events`);
        next();
      };
      const read = streamReader(onEvent, onEnd);
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        try {
          read(chunk);
        } catch (error) {
          reject(error);
        }
      });
    });
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - begun) / 1000;
  lags.sort((a, b) => a - b);
  const at = (part) => lags[Math.floor(lags.length * part)] ?? 0;
  return { perSecond: Math.round((count / seconds) * 10) / 10, lagP50us: at(0.5), lagP99us: at(0.99) };
});
