import type { Channel, Hex } from '@kedge/core';
import { createRandom } from '../../createRandom.js';
import { assertLaws } from '../laws.js';
import type { Command, Outcome, ReferenceToken } from '../referenceToken.js';
import { encodeRevert } from '../revert.js';
import { encodeCall, encodeLog, encodeResult, logToText, nameOfLog } from './abis.js';
import { genesis, type Chain, type StepEnd } from './chain.js';
import { count, type Coverage } from './coverage.js';
import { createHistory, newReference, type Entry } from './createHistory.js';
import { describeCommand, Disagreement, reasonOf, revertText } from './disagreement.js';
import { lookAtEverything, type Expected } from './looks.js';

const lookEvery = 120;

/** The chain beside the model, while both are given a history. */
export type Contest = {
  readonly reference: ReferenceToken;
  /** The model takes it at once, the contracts with all others of its second, while the model goes on. */
  readonly take: (entry: Entry) => Promise<void>;
  /** When all was compared. */
  readonly end: () => Promise<void>;
  /** When nothing is under way any more, however it went. */
  readonly settled: () => Promise<void>;
};

type Taken = { readonly command: Command; readonly outcome: Outcome };

/** @throws Disagreement from `take` or `end`, as soon as it is known. */
export async function startContest(chain: Chain, coverage: Coverage): Promise<Contest> {
  await chain.reset();
  const reference = newReference(chain);
  const channels: Channel[] = [];
  let time = genesis;
  let block: Taken[] = [];
  let since = 0;
  let comparing = Promise.resolve();
  const flush = async (isLast: boolean) => {
    since += block.length;
    const looks = isLast || since >= lookEvery;
    if (looks) since = 0;
    const expected = looks ? lookAtEverything(reference, channels) : [];
    const checkLaws = looks ? lawsNow(reference) : () => {};
    const [taken, second] = [block, time];
    block = [];
    await comparing;
    comparing = (async () => {
      await compareBlock(chain, reference, second, taken, coverage);
      await compareViews(chain, reference, second, taken, expected);
      checkLaws();
    })();
    // Whoever flushes next awaits it.
    comparing.catch(() => {});
  };
  return {
    reference,
    async take({ time: next, command, channels: opened }) {
      if (next !== time && block.length > 0) await flush(false);
      time = next;
      reference.at(time);
      channels.push(...opened);
      block.push({ command, outcome: reference.execute(command) });
    },
    async end() {
      if (block.length > 0) await flush(true);
      await comparing;
    },
    settled: () => comparing.catch(() => {}),
  };
}

/** A world of `length` commands that follow from the seed, on the chain and in the model. */
export async function runWorld(chain: Chain, seed: number, length: number): Promise<void> {
  const { take, end } = await startContest(chain, {});
  for (const entry of createHistory(chain, length, createRandom(seed))) await take(entry);
  await end();
}

/** Judges the model as it is now, and says so when it is called. */
function lawsNow(reference: ReferenceToken): () => void {
  try {
    assertLaws(reference);
    return () => {};
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function compareBlock(
  chain: Chain,
  reference: ReferenceToken,
  time: bigint,
  block: readonly Taken[],
  coverage: Coverage,
): Promise<void> {
  const steps = block.map(({ command: { sender, target, name, args, value } }) => ({
    actor: sender,
    target,
    value,
    data: encodeCall(name, args),
  }));
  const ends = await chain.run(time, steps);
  for (const [i, { command, outcome }] of block.entries()) {
    compare(reference, command, outcome, ends[i]);
    count(coverage, command, outcome, reasonOf);
  }
}

async function compareViews(
  chain: Chain,
  { world }: ReferenceToken,
  time: bigint,
  block: readonly Taken[],
  expected: readonly Expected[],
): Promise<void> {
  const answers: readonly Hex[] = await chain.look(
    time,
    expected.map(({ look }) => look),
  );
  for (const [i, { answer, words }] of expected.entries()) {
    if (answers[i] === answer) continue;
    const last = describeCommand(world, block.at(-1)!.command);
    throw new Disagreement(`after ${last}: ${words}`, answer, answers[i] ?? 'nothing');
  }
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
