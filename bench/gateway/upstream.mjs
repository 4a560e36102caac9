// The API behind: plain sockets and fixed bytes, so that it takes little of the processor that it shares with the load. A request
// for a stream is answered in pieces: as fast as turns of the event loop go (burst), or with a pause after each.
import { createServer } from 'node:net';
import { answer, streamEvent, streamEvents } from './bodies.mjs';
import { messageReader, ready } from './program.mjs';

const reply = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`,
);
const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

function stream(socket, paceMs) {
  socket.write(streamHead);
  let index = 0;
  const next = () => {
    if (socket.destroyed) return;
    const event = streamEvent(index, Number(process.hrtime.bigint() / 1000n));
    const chunk = `${event.length.toString(16)}\r\n${event}\r\n`;
    index++;
    if (index === streamEvents) return void socket.write(`${chunk}0\r\n\r\n`);
    socket.write(chunk);
    if (paceMs > 0) setTimeout(next, paceMs);
    else setImmediate(next);
  };
  next();
}

const server = createServer({ noDelay: true }, (socket) => {
  const read = messageReader((text) => {
    if (text.includes('"stream":true')) stream(socket, paceMs);
    else socket.write(reply);
  });
  socket.on('data', read);
  socket.on('error', () => socket.destroy());
});
let paceMs = 0;
// Each line says how fast the streams are from now on.
process.stdin.on('data', (line) => {
  ({ paceMs } = JSON.parse(line.toString()));
  process.stdout.write('{}\n');
});
server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}`));
