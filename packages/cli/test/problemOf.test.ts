import { expect, test } from 'vitest';
import { problemOf } from '../src/problemOf.js';

test('Problem Details are read; what only looks like them says nothing', () => {
  expect(problemOf('{"detail":"No.","hints":["Try."]}')).toEqual({ detail: 'No.', hints: ['Try.'] });
  for (const body of ['', '<html>', '{', '{{template}}', '[1]', 'null', '{"hints":[]}']) {
    expect(problemOf(body), body).toEqual({});
  }
});
