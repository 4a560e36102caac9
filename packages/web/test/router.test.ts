import { expect, test } from 'vitest';
import { linkTo, pages, parseRoute } from '../src/app/router.js';

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
