import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { portOwner } from '../../src/up/portOwner.js';
import { choosePorts, completePorts, portNames, requireFreePorts } from '../../src/up/ports.js';

const listen = (port: number) =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    onTestFinished(() => void server.close());
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

test('ports follow from the folder, so that clones differ and a folder keeps its own', async () => {
  const a = await choosePorts('/clones/a/.kedge');
  expect(await choosePorts('/clones/a/.kedge')).toEqual(a);
  const b = await choosePorts('/clones/b/.kedge');
  expect(new Set([...Object.values(a), ...Object.values(b)]).size).toBe(2 * portNames.length);
});

test('taken ports are passed over', async () => {
  const first = await choosePorts('/clones/c/.kedge');
  await listen(first.agent);
  const second = await choosePorts('/clones/c/.kedge');
  expect(Object.values(second)).not.toContain(first.agent);
});

test('new ports are other ports', async () => {
  const first = await choosePorts('/clones/d/.kedge');
  expect((await choosePorts('/clones/d/.kedge', first)).chain).not.toBe(first.chain);
});

test('a folder that has no port for something gets one of its own, and keeps the others', async () => {
  const { chain, gateway, agent } = await choosePorts('/clones/g/.kedge');
  const known = { chain: gateway, agent, gateway: chain };
  const completed = await completePorts('/clones/g/.kedge', known);
  expect(completed).toMatchObject(known);
  expect(new Set(Object.values(completed)).size).toBe(portNames.length);
  expect(await completePorts('/clones/g/.kedge', completed)).toEqual(completed);
});

test('a taken port names its owner and the way out', async () => {
  const ports = await choosePorts('/clones/e/.kedge');
  await listen(ports.gateway);
  expect(portOwner(ports.gateway)?.pid).toBe(process.pid);
  const refusal = requireFreePorts(ports);
  await expect(refusal).rejects.toMatchObject({ code: 'port_taken' });
  await expect(refusal).rejects.toThrow(new RegExp(`port ${ports.gateway}.*gateway.*process ${process.pid}`));
  await expect(refusal).rejects.toThrow('--new-ports');
});

test('a free port has no owner', async () => {
  const { chain } = await choosePorts('/clones/f/.kedge');
  expect(portOwner(chain)).toBeUndefined();
});
