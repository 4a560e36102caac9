import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { expect, test } from 'vitest';
import { buildGateway } from '../support/gatewayProcess.js';
import { answerWith, completion, startScriptedUpstream } from '../support/scriptedUpstream.js';
import { createWorkersSetup, perCall, post, startWorkers } from '../support/workersSetup.js';

test('a key that is made or revoked is so in every worker, as soon as the keys are asked for', async () => {
  buildGateway();
  const upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  const setup = createWorkersSetup(6, { upstreamUrl: upstream.url });
  const gateway = await startWorkers(setup, 2);
  const file = setup.config.channelsFile;
  const keys = setup.channels.map((_, index) => `kedge_second_key_${index}`);
  const writeKeys = (terms: object): void => {
    const records = JSON.parse(readFileSync(file, 'utf8')) as object[];
    const written = records.map((record, index) => ({
      ...record,
      keys: [
        {
          name: keys[index],
          apiKeySha256: createHash('sha256')
            .update(keys[index] as string)
            .digest('hex'),
          createdAt: '1',
          ...terms,
        },
      ],
    }));
    writeFileSync(file, JSON.stringify(written));
  };
  type Keys = { keys: { name: string; usedUnits: string; revokedAt: string | null }[] };
  const askForKeys = async (): Promise<Keys['keys']> =>
    ((await (await fetch(`${gateway.url}/admin/keys`)).json()) as Keys).keys;
  /** Of all keys, on connections of their own and on one that all share, whose worker passes most calls on. */
  const callAll = async (): Promise<{ status: number; code: string | undefined }[]> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asked = keys.flatMap((apiKey) => [post(gateway.url, { apiKey }), post(gateway.url, { apiKey }, { agent })]);
    const answers = await Promise.all(asked);
    agent.destroy();
    return answers.map(({ status, code }) => ({ status, code }));
  };
  const all = (outcome: object): object[] => Array.from({ length: 2 * keys.length }, () => outcome);
  try {
    writeKeys({});
    expect((await askForKeys()).map(({ name }) => name)).toEqual(keys);
    expect(await callAll()).toEqual(all({ status: 200, code: undefined }));
    // What is spent is counted over all workers, whichever is asked.
    const used = (await askForKeys()).map(({ usedUnits }) => usedUnits);
    expect(used).toEqual(keys.map(() => (2n * perCall).toString()));
    // Whichever worker is asked knows whose call a receipt is of.
    const [channel, second] = [setup.channels[0]!, keys[0]!];
    const ofFirst = await post(gateway.url, channel);
    const ofSecond = await post(gateway.url, { apiKey: second });
    const read = async (apiKey: string, { signed }: typeof ofFirst): Promise<number[]> => {
      const url = `${gateway.url}/v1/receipts/${channel.channelId}/${signed!.receipt.seq}`;
      const headers = { authorization: `Bearer ${apiKey}`, connection: 'close' };
      return (await Promise.all(Array.from({ length: 4 }, () => fetch(url, { headers })))).map(({ status }) => status);
    };
    expect(await read(channel.apiKey, ofSecond)).toEqual([200, 200, 200, 200]);
    expect(await read(second, ofSecond)).toEqual([200, 200, 200, 200]);
    expect(await read(second, ofFirst)).toEqual([404, 404, 404, 404]);
    writeKeys({ revokedAt: '2' });
    expect((await askForKeys()).map(({ revokedAt }) => revokedAt)).toEqual(keys.map(() => '2'));
    expect(await callAll()).toEqual(all({ status: 401, code: 'key_revoked' }));
    writeKeys({});
    await askForKeys();
    expect(await callAll()).toEqual(all({ status: 200, code: undefined }));
  } finally {
    gateway.signal('SIGKILL');
    await gateway.ended;
    await upstream.close();
    setup.remove();
  }
});
