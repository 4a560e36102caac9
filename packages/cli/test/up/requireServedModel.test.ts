import { expect, test } from 'vitest';
import { requireServedModel } from '../../src/up/requireServedModel.js';

const folder = { root: '/here/.kedge', policy: { models: ['large', 'small'] } };
const other = { url: 'http://127.0.0.1:11434/v1' };

test('an upstream that serves one of the models of the policy will do', () => {
  expect(() => requireServedModel({ ...folder, upstream: other, offered: ['tiny', 'small'] })).not.toThrow();
});

test('one that serves none is refused, the built-in one too, and what to do is said', () => {
  const refusalOf = (upstream: typeof other | undefined, offered: readonly string[]): string => {
    try {
      requireServedModel({ ...folder, upstream, offered });
      return 'served';
    } catch (error) {
      return String(error);
    }
  };
  expect(refusalOf(other, ['tiny'])).toContain('was set up for large, small, which http://127.0.0.1:11434/v1');
  expect(refusalOf(other, ['tiny'])).not.toContain('--upstream');
  expect(refusalOf(undefined, ['kedge-docs'])).toContain('which the built-in upstream does not serve');
  expect(refusalOf(undefined, ['kedge-docs'])).toContain('--upstream <url>');
});
