import { Agent } from 'node:http';
import { createRandom, type Random } from '@kedge/testing';
import { type Faults, type GatewayProcess, startGatewayProcess } from './gatewayProcess.js';
import type { LogicalCall, Outcome } from './history.js';
import { type Act, acts, type Order } from './hostileUpstream.js';
import { payStrictly, type StrictReport } from './payStrictly.js';
import { send } from './send.js';
import type { World } from './createWorld.js';

export type LoadOptions = {
  readonly world: World;
  readonly seed: number;
  readonly operations: number;
  /** How often the gateway is killed from outside; faults kill it more often. */
  readonly kills: number;
};

export type LoadReport = {
  readonly calls: readonly LogicalCall[];
  readonly strict: StrictReport;
  readonly kills: number;
  /** By name, how often each was injected below the gateway. */
  readonly fileFaults: Readonly<Record<string, number>>;
  /** Every line the gateways logged. */
  readonly log: readonly string[];
};

export const callers = 24;
const mostAttempts = 6;
const weights: Partial<Record<Act, number>> = { answer: 6_000, slow: 300, hang: 30, longLine: 2 };
const weightedActs = acts.map((act) => [weights[act] ?? 100, act] as const);

/** What disks do to the log, per write or sync of a batch. */
export const chances = {
  torn: 0.002,
  noSpace: 0.001,
  short: 0.05,
  killBeforeSync: 0.002,
  killAfterSync: 0.002,
  syncFails: 0.001,
  slowSync: 0.05,
  clock: 0.2,
};

/** Calls from many clients at once, while the gateway, its disk, its clock and its upstream fail. */
export async function runLoad({ world, seed, operations, kills }: LoadOptions): Promise<LoadReport> {
  const random = createRandom(seed);
  const calls: LogicalCall[] = [];
  const log: string[] = [];
  const fileFaults: Record<string, number> = {};
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  let killed = 0;
  let finished = 0;
  let gateway: GatewayProcess;
  let starting: Promise<void>;

  const onLine = (line: string): void => {
    log.push(line);
    const { event, fault } = readEvent(line);
    if (event === 'chaos_fault' && fault !== undefined) fileFaults[fault] = (fileFaults[fault] ?? 0) + 1;
    // It serves nothing more until it is started again.
    if (event === 'log_write_failed') void gateway.stop('SIGKILL');
  };
  const start = async (): Promise<void> => {
    for (;;) {
      const faults: Faults = {
        seed: random.below(2 ** 32),
        skewMs: random.below(7_200_000) - 3_600_000,
        chances,
      };
      const started = await startGatewayProcess(world.configFile, faults, onLine);
      if (started !== undefined) {
        gateway = started;
        void gateway.gone.then(() => {
          if (finished < operations) restart();
        });
        return;
      }
      killed++;
    }
  };
  const restart = (): void => {
    killed++;
    starting = start();
  };
  starting = start();
  await starting;

  const killAt = Array.from({ length: kills }, () => random.below(operations)).toSorted((a, b) => a - b);
  const restarted = async (): Promise<void> => {
    await starting;
    if (!gateway.isGone()) return;
    await gateway.gone;
    await starting;
  };
  const caller = async (): Promise<void> => {
    while (calls.length < operations) {
      const call = newCall(random, calls.length, world.channels.length);
      calls.push(call);
      do {
        await restarted();
        // What a network may deliver twice, at once; without a key that is two calls.
        const copies = call.key !== undefined && random.chance(2) ? 2 : 1;
        call.attempts.push(...(await Promise.all(Array.from({ length: copies }, () => attempt(call)))));
        call.endedAt = performance.now();
        // A client that cannot know asks again, if its key makes that safe; sometimes it asks although it knows.
      } while (
        call.key !== undefined &&
        call.attempts.length < mostAttempts &&
        (call.attempts.at(-1)?.kind === 'broken' || random.chance(10))
      );
      finished++;
      while (killAt[0] !== undefined && killAt[0] < finished) {
        killAt.shift();
        await starting;
        void gateway.stop('SIGKILL');
      }
    }
  };
  const attempt = (call: LogicalCall): Promise<Outcome> =>
    send({
      url: gateway.url,
      agent,
      apiKey: world.channels[call.channel]!.apiKey,
      body: call.body,
      key: call.key,
      abortAfter: random.chance(3) ? random.below(600) : undefined,
    });
  const urlNow = async (): Promise<string> => {
    await restarted();
    return gateway.url;
  };
  const [strict] = await Promise.all([
    payStrictly(world, { url: urlNow, isOver: () => finished >= operations }),
    ...Array.from({ length: callers }, caller),
  ]);
  finished = Infinity;
  await starting;
  await gateway!.stop('SIGKILL');
  agent.destroy();
  return { calls, strict, kills: killed + 1, fileFaults, log };
}

function newCall(random: Random, id: number, channels: number): LogicalCall {
  const act = random.weighted(weightedActs);
  const order: Order = { call: id, act, words: 1 + random.below(act === 'overCap' ? 60 : 12) };
  const isStream = random.chance(40);
  return {
    id,
    channel: random.below(channels),
    body: JSON.stringify({
      model: 'demo',
      messages: [{ role: 'user', content: JSON.stringify(order) }],
      max_tokens: act === 'overCap' ? 8 : 16,
      ...(isStream ? { stream: true } : {}),
    }),
    isStream,
    key: random.chance(50) ? `key-${id}` : undefined,
    startedAt: performance.now(),
    endedAt: Infinity,
    attempts: [],
  };
}

function readEvent(line: string): { event?: string; fault?: string } {
  if (!line.startsWith('{')) return {};
  return JSON.parse(line) as { event?: string; fault?: string };
}
