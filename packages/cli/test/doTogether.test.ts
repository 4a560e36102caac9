import { BaseError } from '@kedge/core';
import { expect, test } from 'vitest';
import { doEach } from '../src/chain/doEach.js';
import { doTogether } from '../src/chain/doTogether.js';

const refusal = (code: string, kind: 'user' | 'transient' = 'user') => new BaseError(`No: ${code}.`, { code, kind });

/** Does 1 to `count`; what it was asked to do, in order, and what came of it. */
async function run(
  count: number,
  {
    together,
    alone = () => undefined,
  }: Record<'together', () => BaseError | undefined> & {
    alone?: (item: number) => BaseError | undefined;
  },
) {
  const asked: (number | readonly number[])[] = [];
  const items = Array.from({ length: count }, (_, index) => index + 1);
  const { done, undone } = await doEach(['it'], () =>
    doTogether(
      items,
      async (some) => {
        asked.push(some);
        const error = together();
        if (error !== undefined) throw error;
        return some;
      },
      async function* (item) {
        asked.push(item);
        const error = alone(item);
        if (error !== undefined) throw error;
        yield item;
      },
    ),
  );
  return { asked, done, undone: undone.map(({ error }) => error.code) };
}

const fine = () => undefined;

test('several are done together, at most 64, and one alone', async () => {
  const { asked, done, undone } = await run(130, { together: fine });
  expect(asked.map((one) => (Array.isArray(one) ? one.length : one))).toEqual([64, 64, 2]);
  expect([done.length, undone]).toEqual([130, []]);
  expect((await run(1, { together: fine })).asked).toEqual([1]);
  expect((await run(65, { together: fine })).asked.at(-1)).toBe(65);
  expect((await run(0, { together: fine })).asked).toEqual([]);
});

test('what is refused together is done one by one, and what is refused then keeps no other back', async () => {
  const alone = (item: number) => (item % 2 === 0 ? refusal(`number ${item}`) : undefined);
  const { asked, done, undone } = await run(5, { together: () => refusal('together'), alone });
  expect(asked).toEqual([[1, 2, 3, 4, 5], 1, 2, 3, 4, 5]);
  expect([done, undone]).toEqual([[1, 3, 5], ['number 2']]);
});

test('a chain that does not answer is not asked again, and counts above what was refused', async () => {
  const silent = await run(70, { together: () => refusal('silence', 'transient') });
  expect([silent.asked.length, silent.done, silent.undone]).toEqual([1, [], ['silence']]);
  const alone = (item: number) => refusal(`number ${item}`, item === 2 ? 'transient' : 'user');
  const later = await run(70, { together: () => refusal('together'), alone });
  expect([later.asked.slice(1), later.undone]).toEqual([[1, 2], ['number 2']]);
});
