import { BaseError } from '@kedge/core';
import { kedgeFetch } from '@kedge/sdk';
import { privateKeyToAccount } from 'viem/accounts';
import type { Command } from '../command.js';
import { dataDirOf } from '../context.js';
import { shortHex } from '../human.js';
import { parsePort, parsedOption, urlOption } from '../parse.js';
import { readStrictChannel, readVoucherMemory, writeVoucherMemory } from '../strict/strictChannelFile.js';
import { patientFetch } from '../strict/patientFetch.js';
import { startStrictProxy } from '../strict/startStrictProxy.js';
import { takeProcessLock } from '../files/processLock.js';
import { listenForStop } from '../up/stopSignals.js';
import { usageError } from '../usageError.js';

export const connect: Command = {
  name: 'connect',
  summary: 'pay for the calls of any client from a strict channel, through a local proxy',
  description:
    'Listens on this machine for any OpenAI client in any language, and pays for its calls from a strict channel: it signs ' +
    'for the input before a call, recounts what it receives before it signs for that, chunk by chunk on streams, checks ' +
    'each receipt, and stops when the operator overcounts. The key of the channel stays in its file, which only this user ' +
    'can read, and one proxy at a time pays from a channel. Clients need no key. Ctrl-C stops it.',
  arguments: [
    { name: 'channel', summary: 'channel id or file; without it the only one of the data folder', optional: true },
  ],
  options: [
    { flags: '--port <port>', summary: 'where it listens; without it any free port' },
    {
      flags: '--gateway <url>',
      summary: 'base URL of the gateway; without it the one that the channel was opened for',
    },
  ],
  examples: [
    { command: 'kedge connect', summary: 'the only strict channel there is' },
    { command: 'kedge connect --port 8402', summary: 'always the same base URL' },
  ],
  run: async (context) => {
    const file = readStrictChannel(await dataDirOf(context), context.arguments[0], context.cwd);
    const gatewayUrl = urlOption(context, 'gateway') ?? file.gatewayUrl;
    if (gatewayUrl === undefined) throw usageError('The gateway is not known.', 'Pass --gateway with its base URL.');
    const port = parsedOption(context, 'port', parsePort) ?? 0;
    const { channel, channelId, policy } = file.record;
    // Before the memory is read: two that sign for one channel would each take the other's vouchers for the operator's.
    const lock = await takeProcessLock(`${file.path}.lock`, (pid) => inUse(file.path, pid));
    const memory = readVoucherMemory(file.path);
    const paid = kedgeFetch({
      domain: { chainId: file.chainId, verifyingContract: file.valueChannels },
      channel,
      channelId,
      policy,
      account: privateKeyToAccount(file.channelKey),
      onMemory: (left) => writeVoucherMemory(file.path, left),
      fetch: patientFetch,
      ...(memory === undefined ? {} : { memory }),
    });
    const { apiKey } = file;
    const onError = (error: unknown): void => void context.output.error(error);
    const proxy = await startStrictProxy({ port, gatewayUrl, apiKey, paid, onError }).catch((error: unknown) => {
      lock.release();
      throw error;
    });
    const stop = listenForStop([], () => process.exit(1));
    context.output.result({ ready: true, url: proxy.url, channelId, gatewayUrl }, () => [
      `base URL  ${proxy.url}`,
      `  pays from channel ${shortHex(channelId)} at ${gatewayUrl}`,
      '  any API key will do; Ctrl-C stops it',
    ]);
    await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
    lock.markStopping();
    await proxy.close();
    lock.release();
    stop.dispose();
  },
};

function inUse(path: string, pid: number): BaseError {
  return new BaseError(`Process ${pid} pays from this channel already.`, {
    code: 'channel_in_use',
    values: { file: path, pid },
    hints: [
      'Point clients at the base URL that it printed: one proxy serves many.',
      `Or stop it with Ctrl-C in its terminal, or: kill ${pid}`,
    ],
  });
}
