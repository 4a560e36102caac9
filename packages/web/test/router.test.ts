import { expect, test } from 'vitest';
import { choiceIn, linkTo, pages, parseRoute, withChoice } from '../src/app/router.js';

test('every page is found again at its own address', () => {
  for (const page of Object.keys(pages) as (keyof typeof pages)[]) expect(parseRoute(linkTo(page))).toEqual({ page });
  expect(parseRoute(linkTo('class', 12n))).toEqual({ page: 'class', classId: 12n });
});

test('no address is the first page, and an unknown one is none', () => {
  expect(parseRoute('')).toEqual({ page: 'explore' });
  expect(parseRoute('#/')).toEqual({ page: 'explore' });
  for (const hash of ['#/nothing', '#/class', '#/class/0', '#/class/x', '#/class/1/2', '#/tokens/1', '#/toString']) {
    expect(parseRoute(hash), hash).toEqual({ page: 'missing' });
  }
});

test('what is chosen on a page stands behind its name, and can be anything', () => {
  const odd = 'a&b=c?d#e/%é ';
  const kept = withChoice('#/explore', 'text', odd);
  expect(parseRoute(kept)).toEqual({ page: 'explore' });
  expect(choiceIn(kept, 'text')).toBe(odd);
  const both = withChoice(kept, 'kind', 'agent');
  expect([choiceIn(both, 'text'), choiceIn(both, 'kind'), choiceIn(both, 'tab')]).toEqual([odd, 'agent', undefined]);
  expect(withChoice(withChoice(both, 'kind', undefined), 'text', undefined)).toBe('#/explore');
  expect(choiceIn('', 'text')).toBeUndefined();
});
