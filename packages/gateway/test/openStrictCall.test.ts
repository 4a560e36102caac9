import { BaseError, noCounts, zeroHash, type SignedVoucher } from '@kedge/core';
import {
  type Arbitrary,
  array,
  assert,
  bigInt,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  property,
  record,
} from 'fast-check';
import { expect, test } from 'vitest';
import type { ServedChannel } from '../src/channels/servedChannel.js';
import type { CommitInput } from '../src/ledger/receiptBatcher.js';
import { createChannelAccount } from '../src/ledger/channelAccount.js';
import type { Surface } from '../src/surfaces/surface.js';
import { createExposureTotals } from '../src/vouchers/exposure.js';
import { openStrictCall, type StrictCall } from '../src/vouchers/openStrictCall.js';
import { hold, isHeld, isNews, lineUp } from '../src/vouchers/heldVouchers.js';
import { createStrictAccount, type StrictAccount } from '../src/vouchers/strictAccount.js';
import { recount } from '../src/vouchers/strictRoom.js';
import { holderAddress, testPolicy } from './support/createTestSetup.js';

const startUnits = 60n;
/** Output tokens: a whole answer fits the exposure, a stream goes far beyond it. */
const wholeCap = 12;
const streamCap = 200;
const rate = 3n;
const surface = { pricedBy: ['input_tokens', 'output_tokens'] } as unknown as Surface;
const terms = { startUnits, growthBasisPoints: 0n, holderUnits: 10_000n, totalUnits: 10_000n };
const cap = 100_000n;

/** A call as its client knows it: of a stream, the tokens that it was given. */
type Running = { readonly call: StrictCall; readonly inputUnits: bigint; readonly isStream: boolean; tokens: number };

function createChannel() {
  const account: StrictAccount = createStrictAccount();
  const channel = { holder: holderAddress, cap, deadline: 1n, grace: 1 };
  const served = {
    channelId: zeroHash,
    channel,
    policy: testPolicy(),
    account: createChannelAccount(zeroHash, 1n),
  } as unknown as ServedChannel;
  const totals = createExposureTotals(() => 0);
  return { account, served, totals, running: [] as Running[] };
}
type Channel = ReturnType<typeof createChannel>;

function open({ account, served, totals, running }: Channel, inputTokens: number, isStream: boolean): void {
  const outputCap = isStream ? streamCap : wholeCap;
  const worstUnits = BigInt(inputTokens) + rate * BigInt(outputCap);
  const quote = { known: { ...noCounts, inputTokens }, outputCap, choices: 1, worstUnits };
  try {
    const call = openStrictCall(account, served, { surface, quote, isStream }, { terms, totals, voucherWaitMs: 1 });
    const one: Running = { call, inputUnits: BigInt(inputTokens), isStream, tokens: 0 };
    if (isStream) {
      call.watch(() => (one.tokens > 0 ? { input: {} as CommitInput, outputTokens: one.tokens } : undefined));
    }
    running.push(one);
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
  }
}

function take({ account, served, totals }: Channel, cumulativeUnits: bigint, askedUnits: bigint): void {
  for (const charge of account.progress) charge();
  if (cumulativeUnits < 0n || cumulativeUnits > cap || isHeld(account, cumulativeUnits)) return;
  if (!isNews(account, served, cumulativeUnits, askedUnits)) return;
  const signed: SignedVoucher = {
    voucher: { channelId: zeroHash, cumulativeUnits, receiptHash: zeroHash, seq: served.account.lastSeq },
    signature: '0x',
  };
  lineUp(account, served, signed);
  hold(account, signed, served.account.committedUnits);
  recount(account, served, totals);
}

/** What calls have come to by now, and their inputs. */
function dueOf({ served }: Channel, calls: readonly Running[]): bigint {
  return calls.reduce(
    (sum, { inputUnits, tokens }) => sum + inputUnits + rate * BigInt(tokens),
    served.account.committedUnits,
  );
}

function sign(channel: Channel, part: string, more: bigint): void {
  const { running } = channel;
  const calls = part === 'received' ? running.filter(({ tokens }) => tokens > 0) : running;
  take(channel, dueOf(channel, calls) + more + (part === 'ahead' ? 1_000n : 0n), part === 'ahead' ? cap : 0n);
}

/** More of a stream, where it may be handed over. */
function give({ call, isStream, ...one }: Running, tokens: number): number {
  const more = Math.min(one.tokens + tokens, streamCap);
  if (!isStream || (more > call.tokenLimit() && !call.extend(more, one.tokens))) return one.tokens;
  return more;
}

function end({ served: { account }, running }: Channel, one: Running, tokens: number | undefined): void {
  running.splice(running.indexOf(one), 1);
  const came = one.isStream ? one.tokens || undefined : tokens;
  if (came !== undefined) {
    const units = one.inputUnits + rate * BigInt(came);
    account.committedUnits += units;
    account.lastSeq += 1n;
    account.durable = { units: account.committedUnits, seq: account.lastSeq, receiptHash: zeroHash };
    one.call.charged(units);
  }
  one.call.end();
}

/** The most that can never be captured if the client leaves now, whatever becomes of the calls whose answers have not begun. */
function mostLost(channel: Channel): bigint {
  const { account, running } = channel;
  const vouchers = account.held.map(({ voucher }) => voucher.cumulativeUnits);
  let most = 0n;
  const visit = (charged: bigint, open: readonly Running[]): void => {
    const [first, ...rest] = open;
    if (first === undefined) {
      const paid = vouchers.findLast((units) => units <= charged) ?? 0n;
      if (charged - paid > most) most = charged - paid;
      return;
    }
    visit(charged, rest);
    if (first.isStream) return;
    for (let tokens = 0; tokens <= wholeCap; tokens += 4)
      visit(charged + first.inputUnits + rate * BigInt(tokens), rest);
  };
  const begun = running.filter(({ tokens }) => tokens > 0);
  visit(
    dueOf(channel, begun),
    running.filter(({ tokens }) => tokens === 0),
  );
  return most;
}

const which = nat({ max: 2 });
const part = constantFrom('due', 'received', 'ahead');
const step = oneof(
  record({
    kind: constant('open' as const),
    inputTokens: constantFrom(1, 7, 500),
    isStream: boolean(),
    isSigned: boolean(),
  }),
  record({ kind: constant('sign' as const), part, more: oneof(constant(0n), bigInt({ min: -4n, max: 20n })) }),
  record({ kind: constant('signAhead' as const), times: constant(20) }),
  // A stream goes on, and its client signs the same part each time.
  {
    weight: 3,
    arbitrary: record({
      kind: constant('give' as const),
      which,
      tokens: integer({ min: 1, max: 9 }),
      part,
      times: nat({ max: 30 }),
    }),
  },
  record({
    kind: constant('end' as const),
    which,
    tokens: option(integer({ min: 0, max: wholeCap }), { nil: undefined }),
  }),
);

type Step = typeof step extends Arbitrary<infer Value> ? Value : never;

/** Only the lower one of the vouchers pays for an answer without a word beside a stream that ends where it is. */
const lowestPays: Step[] = [
  { kind: 'open', inputTokens: 1, isStream: true, isSigned: true },
  { kind: 'give', which: 0, tokens: 1, part: 'due', times: 0 },
  { kind: 'open', inputTokens: 500, isStream: false, isSigned: true },
  { kind: 'sign', part: 'due', more: 1n },
  { kind: 'signAhead', times: 20 },
];

test('R11: no order of calls, vouchers and ends loses the exposure more than twice, and all sums come back to nothing', () => {
  assert(
    property(array(step, { maxLength: 40 }), (steps) => {
      const channel = createChannel();
      const { account, totals, running } = channel;
      let aheadUnits = 20_000n;
      const check = (): void => expect(mostLost(channel)).toBeLessThanOrEqual(2n * startUnits);
      for (const one of steps) {
        if (one.kind === 'open') {
          if (one.isSigned) take(channel, dueOf(channel, running) + BigInt(one.inputTokens), cap);
          open(channel, one.inputTokens, one.isStream);
        } else if (one.kind === 'sign') sign(channel, one.part, one.more);
        else if (one.kind === 'signAhead') {
          for (let time = 0; time < one.times; time++) take(channel, ++aheadUnits, 0n);
        } else {
          const call = running[one.which % Math.max(1, running.length)];
          if (call === undefined) continue;
          if (one.kind === 'end') end(channel, call, one.tokens);
          else {
            for (let time = 0; time <= one.times; time++) {
              call.tokens = give(call, one.tokens);
              check();
              sign(channel, one.part, 0n);
            }
          }
        }
        check();
      }
      for (let [one] = running; one !== undefined; [one] = running) end(channel, one, undefined);
      const none = { granted: 0n, payable: 0n, least: 0n };
      expect(account).toMatchObject({ running: none, begun: none, inputUnits: 0n });
      expect([account.progress.size, account.waiting.size]).toEqual([0, 0]);
      expect(totals.ofAll()).toBe(mostLost(channel));
    }),
    { numRuns: 1_500, examples: [[lowestPays]] },
  );
});

test('R11: a stream goes on as soon as the call is there whose input was signed for with what it came to', () => {
  const channel = createChannel();
  const { running } = channel;
  take(channel, 1n, cap);
  open(channel, 1, true);
  const stream = running[0]!;
  stream.tokens = give(stream, 1);
  take(channel, 1n + 3n + 10n, cap);
  open(channel, 10, false);
  take(channel, 1n + 3n, 0n);
  let isPaid: boolean | undefined;
  stream.tokens = give(stream, 4);
  expect(give(stream, 6)).toBe(stream.tokens);
  stream.call.wait(stream.tokens + 6, stream.tokens, (paid) => (isPaid = paid));
  // The next call's voucher comes before it, and pays for nothing yet.
  sign(channel, 'received', 0n);
  take(channel, dueOf(channel, running) + 7n, cap);
  expect(isPaid).toBeUndefined();
  open(channel, 7, true);
  expect(running).toHaveLength(3);
  expect(isPaid).toBe(true);
});
