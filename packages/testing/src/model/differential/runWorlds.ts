import type { Channel } from '@kedge/core';
import { createReferenceToken, type Command, type Outcome, type ReferenceToken } from '../referenceToken.js';
import { encodeRevert } from '../revert.js';
import { assertLaws } from '../laws.js';
import { keyOf } from '../world.js';
import { eth } from '../assets.js';
import { encodeCall, encodeLog, encodeResult, logToText, lowerCase, nameOfLog } from './abis.js';
import { genesis, type Chain, type StepEnd } from './chain.js';
import { count, type Coverage } from './coverage.js';
import { firstCommands, nextCommand } from './createCommands.js';
import { describeCommand, Disagreement, reasonOf, revertText } from './disagreement.js';
import { lookAtEverything } from './looks.js';
import { createRandom } from '../../createRandom.js';
import { aLaterTime, createScene } from './scene.js';

/** A command and the second of its block. */
export type Entry = { readonly time: bigint; readonly command: Command };

const longestBatch = 48;
const lookEvery = 120;

export type WorldRun = {
  readonly seed: number;
  readonly length: number;
  readonly coverage: Coverage;
  /** Filled while it runs, for whoever wants to know what led to a disagreement. */
  readonly history: Entry[];
};

/** A new world of `length` commands that follow from the seed, on the chain and in the model. */
export async function runWorld(chain: Chain, { seed, length, coverage, history }: WorldRun): Promise<void> {
  const { reference, play } = await startWorld(chain, coverage);
  const random = createRandom(seed);
  const scene = createScene(reference, random);
  let time = genesis;
  let batch: Command[] = [];
  reference.at(time);
  let since = 0;
  const first = [...firstCommands(scene)];
  let outcomes: Outcome[] = [];
  while (history.length < length) {
    const command = first.shift() ?? (await nextCommand(scene));
    history.push({ time, command });
    batch.push(command);
    outcomes.push(reference.execute(command));
    const isLast = history.length === length;
    if (!isLast && batch.length < longestBatch && !random.chance(8)) continue;
    since += batch.length;
    const looks = isLast || since >= lookEvery;
    if (looks) since = 0;
    await play(time, batch, outcomes, looks ? scene.channels : undefined);
    [batch, outcomes] = [[], []];
    time = aLaterTime(scene);
    reference.at(time);
  }
}

/** The same commands again, or some of them. */
export async function replay(chain: Chain, history: readonly Entry[]): Promise<void> {
  const { reference, play } = await startWorld(chain, {});
  const channels = history.flatMap(({ command }) => (command.name === 'close' ? [command.args[0] as Channel] : []));
  for (let start = 0; start < history.length;) {
    const { time } = history[start]!;
    let end = start;
    while (history[end]?.time === time) end += 1;
    const batch = history.slice(start, end).map(({ command }) => command);
    reference.at(time);
    const outcomes = batch.map((command) => reference.execute(command));
    await play(time, batch, outcomes, end === history.length ? channels : undefined);
    start = end;
  }
}

async function startWorld(chain: Chain, coverage: Coverage) {
  await chain.reset();
  const reference = createReferenceToken(lowerCase(chain.addresses));
  const { world } = reference;
  for (const actor of world.addresses.actors) world.balances.set(keyOf(eth, actor), chain.wealth);
  return {
    reference,
    async play(time: bigint, batch: readonly Command[], outcomes: readonly Outcome[], looked?: readonly Channel[]) {
      const steps = batch.map(({ sender, target, name, args, value }) => ({
        actor: sender,
        target,
        value,
        data: encodeCall(name, args),
      }));
      const ends = await chain.run(time, steps);
      for (const [i, command] of batch.entries()) {
        compare(reference, command, outcomes[i]!, ends[i]);
        count(coverage, command, outcomes[i]!, reasonOf);
      }
      if (looked === undefined) return;
      const expected = lookAtEverything(reference, looked);
      const answers = await chain.look(
        time,
        expected.map(({ look }) => look),
      );
      for (const [i, { answer, words }] of expected.entries()) {
        if (answers[i] === answer) continue;
        throw new Disagreement(
          `after ${describeCommand(world, batch.at(-1)!)}: ${words}`,
          answer,
          answers[i] ?? 'nothing',
        );
      }
      assertLaws(reference);
    },
  };
}

/** Result or reason byte for byte, and the events, in whichever order. */
function compare({ world }: ReferenceToken, command: Command, outcome: Outcome, end: StepEnd | undefined): void {
  const { name, args } = command;
  const { revert, emitted, result } = outcome;
  const expected = revert ? encodeRevert(revert) : resultOf(name, args, result);
  const words = describeCommand(world, command);
  if (end === undefined) throw new Disagreement(words, expected, 'nothing');
  if (end.ok !== (revert === undefined) || end.answer !== expected) {
    throw new Disagreement(words, outcomeText(revert === undefined, expected), outcomeText(end.ok, end.answer));
  }
  const [ours, theirs] = [emitted.map(encodeLog), end.logs];
  const sorted = (logs: typeof theirs) => logs.map(logToText).toSorted().join('\n');
  if (sorted(ours) === sorted(theirs)) return;
  const list = (logs: typeof theirs, others: typeof theirs) =>
    logs
      .filter((log) => !others.some((other) => logToText(other) === logToText(log)))
      .map((log) => `${nameOfLog(log)} ${logToText(log)}`)
      .join('\n  ');
  throw new Disagreement(`${words}: events`, list(ours, theirs), list(theirs, ours));
}

function resultOf(name: string, args: readonly unknown[], result: unknown) {
  return name === 'receive' || name === 'unknown' ? '0x' : encodeResult(name, args, result);
}

function outcomeText(ok: boolean, answer: `0x${string}`): string {
  return ok ? `success with ${answer}` : `revert with ${revertText(answer)}`;
}
