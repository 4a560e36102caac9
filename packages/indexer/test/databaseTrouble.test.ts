import { expect, test } from 'vitest';
import { databaseTrouble } from '../src/databaseTrouble.js';

const saying = (code: string, cause?: Error) => Object.assign(new Error('said by the driver', { cause }), { code });

test.each(['08006', '40001', '40P01', '53300', '55P03', '57014', '57P01', 'ECONNREFUSED', 'ECONNRESET'])(
  '%s is trouble that passes: 503, with when to ask again and not with what the database said',
  (code) => {
    for (const error of [saying(code), new Error('Failed query', { cause: saying(code) })]) {
      expect(databaseTrouble(error)).toMatchObject({
        code: 'database_unavailable',
        status: 503,
        kind: 'transient',
        values: { retryAfterSeconds: 1 },
      });
      expect(databaseTrouble(error)?.shortMessage).not.toContain('driver');
    }
  },
);

test.each(['42P01', '22P02', '23505', 'XX000', '08', 'class_unknown', 'ENOENT'])('%s is none', (code) => {
  expect(databaseTrouble(new Error('Failed query', { cause: saying(code) }))).toBeUndefined();
});

test('an error without a code, a value that is none, and causes in a circle are none', () => {
  const circle = new Error('one');
  circle.cause = new Error('other', { cause: circle });
  for (const error of [circle, new Error('no code'), 'text', undefined]) expect(databaseTrouble(error)).toBeUndefined();
});
