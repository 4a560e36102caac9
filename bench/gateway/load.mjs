// Lines of {url, upstream, count, connections, channels}: keep-alive connections over plain sockets, each with one request in
// flight. Answers each line with what was measured.
import { connect } from 'node:net';
import { keyOf, question, requestOf } from './bodies.mjs';
import { answerLines, messageReader } from './program.mjs';

await answerLines(async ({ url, upstream, count, connections, channels }) => {
  const { hostname, port } = new URL(url);
  const latencies = [];
  let left = count;
  const begun = performance.now();
  const connection = (_, index) =>
    new Promise((resolve, reject) => {
      const bytes = requestOf(url, question, { key: keyOf(index, channels), upstream });
      let sentAt = 0;
      const socket = connect({ port: Number(port), host: hostname, noDelay: true });
      const next = () => {
        if (left-- <= 0) {
          socket.end();
          return resolve();
        }
        sentAt = performance.now();
        socket.write(bytes);
      };
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on(
        'data',
        messageReader((text) => {
          if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text.slice(0, 600)));
          latencies.push(performance.now() - sentAt);
          next();
        }),
      );
    });
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (part) => Math.round((latencies[Math.floor(latencies.length * part)] ?? 0) * 1000);
  return { perSecond: Math.round(count / seconds), p50us: at(0.5), p99us: at(0.99) };
});
