import { Agent, get } from 'node:http';
import { parseSignedReceipt, seqOf, type SignedReceipt } from '@kedge/core';
import type { WorldChannel } from './createWorld.js';

type Asked = Pick<WorldChannel, 'apiKey' | 'channelId'>;

const atOnce = 16;

/** All receipts of a channel, in their order, by asking the gateway for one number after another in every epoch. */
export async function readLedger(url: string, channel: Asked, epochs: Iterable<bigint>): Promise<SignedReceipt[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const receipts: SignedReceipt[] = [];
  for (const epoch of epochs) {
    for (let first = 1; ; first += atOnce) {
      const counters = Array.from({ length: atOnce }, (_, index) => BigInt(first + index));
      const found = await Promise.all(counters.map((counter) => read(agent, url, channel, seqOf(epoch, counter))));
      const present = found.filter((signed) => signed !== undefined);
      receipts.push(...present);
      if (present.length < atOnce) break;
    }
  }
  agent.destroy();
  return receipts;
}

function read(agent: Agent, url: string, channel: Asked, seq: bigint): Promise<SignedReceipt | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${channel.apiKey}` };
    get(`${url}/v1/receipts/${channel.channelId}/${seq}`, { agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 404) resolve(undefined);
        else if (response.statusCode === 200) resolve(parseSignedReceipt(JSON.parse(text)));
        else reject(new Error(`receipt ${seq}: status ${response.statusCode} ${text}`));
      });
    }).on('error', reject);
  });
}
