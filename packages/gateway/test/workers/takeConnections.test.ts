import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { takeConnections } from '../../src/workers/takeConnections.js';

test('stop: who has sent a part of a request is given away when the rest comes, who has not is closed', async () => {
  const given: { socket: Socket; text: string }[] = [];
  const connections = await takeConnections({
    host: '127.0.0.1',
    port: 0,
    give: (socket, bytes) => given.push({ socket, text: bytes.toString() }),
    onError: (error) => expect.unreachable(error.message),
  });
  const open = async (): Promise<Socket> => {
    const socket = connect(connections.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const [asking, silent] = [await open(), await open()];
  asking.write('GET /healthz HTTP/1.1\r\n');
  // What was accepted later than both shows that both were accepted.
  const last = await open();
  last.write('GET / HTTP/1.1\r\n\r\n');
  await expect.poll(() => given.length).toBe(1);
  onTestFinished(() => given.forEach(({ socket }) => void socket.destroy()));

  const closed = once(silent, 'close');
  const stopped = connections.stop();
  asking.write('host: x\r\n\r\n');
  await Promise.all([stopped, closed]);
  expect(given.map(({ text }) => text)).toEqual(['GET / HTTP/1.1\r\n\r\n', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n']);
  for (const socket of [asking, last]) socket.destroy();
});
