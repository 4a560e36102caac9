import { describe, expect, test } from 'vitest';
import {
  answerOfProblem,
  BaseError,
  bytesToHex,
  canonicalJson,
  hexToBytes,
  isSameAddress,
  toProblemDetails,
} from '../src/index.js';
import { fc } from './fixture.js';

const exhausted = new BaseError('The channel has no value left.', {
  code: 'value_exhausted',
  status: 402,
  values: { remainingUnits: 0n, neededUnits: 12n, offer: { url: '/v1/top-up', units: 5n }, retry: false, after: 3 },
  hints: ['Buy more with: kedge buy'],
  docsPath: 'guides/errors.md',
});

describe('BaseError', () => {
  test('says what is wrong, with which values, and what to do', () => {
    expect(exhausted.message).toBe(
      [
        'The channel has no value left.',
        '',
        '  remainingUnits: 0',
        '  neededUnits: 12',
        '  offer: {"url":"/v1/top-up","units":"5"}',
        '  retry: false',
        '  after: 3',
        '',
        '- Buy more with: kedge buy',
        '',
        'Docs: guides/errors.md',
      ].join('\n'),
    );
    expect(exhausted).toMatchObject({
      name: 'BaseError',
      kind: 'user',
      shortMessage: 'The channel has no value left.',
    });
    expect(new BaseError('Short.').message).toBe('Short.');
  });

  test('is said otherwise in part, and keeps the rest', () => {
    const { code, status, kind, hints, docsPath } = exhausted;
    const told = exhausted.with({ message: 'Channel 1 has none.', values: { channelId: 1n } });
    expect(told).toMatchObject({ code, status, kind, hints, docsPath });
    expect(told.values).toEqual({ ...exhausted.values, channelId: 1n });
    expect([told.shortMessage, told.cause]).toEqual(['Channel 1 has none.', exhausted]);
    const later = new BaseError('Late.', { kind: 'transient' }).with({ status: 503 });
    expect(later).toMatchObject({ shortMessage: 'Late.', kind: 'transient', status: 503 });
    expect(later.code).toBeUndefined();
  });

  test('walks along its causes', () => {
    const root = new TypeError('root');
    const error = new BaseError('Outer.', { cause: new BaseError('Inner.', { cause: root }) });
    expect(error.walk((cause) => cause instanceof TypeError)).toBe(root);
    expect(error.walk((cause) => cause === error)).toBe(error);
    expect(error.walk(() => false)).toBeUndefined();
    expect(new BaseError('None.')).not.toHaveProperty('cause');
  });
});

describe('toProblemDetails', () => {
  test('maps an error to RFC 9457 with the member that OpenAI clients parse', () => {
    expect(toProblemDetails(exhausted)).toEqual({
      status: 402,
      body: {
        type: '/problems/value_exhausted',
        title: 'Payment required',
        status: 402,
        detail: 'The channel has no value left.',
        hints: ['Buy more with: kedge buy'],
        values: {
          remainingUnits: '0',
          neededUnits: '12',
          offer: '{"url":"/v1/top-up","units":"5"}',
          retry: false,
          after: 3,
        },
        error: {
          message: 'The channel has no value left. Buy more with: kedge buy',
          type: 'payment_required_error',
          code: 'value_exhausted',
          param: null,
        },
      },
    });
  });

  test('clients of the Anthropic API get it as they know an error, with all that the others get', () => {
    const { status, body } = toProblemDetails(exhausted);
    expect(answerOfProblem(exhausted, '/v1/chat/completions')).toEqual({
      status,
      contentType: 'application/problem+json',
      body,
    });
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      expect(answerOfProblem(exhausted, path)).toEqual({
        status,
        contentType: 'application/json',
        body: { ...body, type: 'error' },
      });
    }
  });

  test.each([
    ['user', 400, 'bad_request'],
    ['transient', 503, 'unavailable'],
    ['bug', 500, 'internal'],
  ] as const)('an error of kind %s without a status is %s', (kind, status, code) => {
    expect(toProblemDetails(new BaseError('Short.', { kind }))).toMatchObject({ status, body: { error: { code } } });
  });

  test('a status without a title of its own takes the one of its class', () => {
    expect(toProblemDetails(new BaseError('Teapot.', { status: 418 })).body).toMatchObject({ title: 'Bad request' });
    expect(toProblemDetails(new BaseError('Full.', { status: 507 })).body).toMatchObject({ title: 'Internal error' });
  });

  test.each([new Error('secret key 0x1234'), 'secret key', undefined, null])(
    '%s says nothing of its inside',
    (error) => {
      const { status, body } = toProblemDetails(error);
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toContain('secret');
    },
  );
});

describe('canonicalJson', () => {
  test('sorts keys by UTF-16 units and writes numbers as ECMAScript does (RFC 8785)', () => {
    const value = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
    expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    );
    expect(canonicalJson('\u20ac$\u000f\nA\'B"\\\\"/')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
  });

  test('any JSON value survives, and the text is the same for any order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        fc.pre(!/\p{Surrogate}/u.test(JSON.stringify(value)) && !/\\ud[89a-f]/i.test(JSON.stringify(value)));
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 60 },
    );
  });

  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  test.each<[string, unknown, string]>([
    ['a bigint', { a: [1n] }, '$.a[0]'],
    ['undefined', { a: undefined }, '$.a'],
    ['a hole', { a: Array.from({ length: 1 }) }, '$.a[0]'],
    ['NaN', [NaN], '$[0]'],
    ['Infinity', -Infinity, '$'],
    ['a function', { f: () => 1 }, '$.f'],
    ['a date', { at: new Date(0) }, '$.at'],
    ['a map', new Map(), '$'],
    ['half a character', { text: '\ud800' }, '$.text'],
    ['a loop', loop, '$.self'],
  ])('%s is refused where it is', (_, value, path) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({ code: 'json_not_canonical', values: { path } }),
    );
  });

  test('one object in two places is no loop', () => {
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });

  test('256 levels are said, and more are refused however many', () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    expect(canonicalJson(nested(256))).toBe('['.repeat(256) + ']'.repeat(256));
    for (const levels of [257, 100_000]) {
      expect(() => canonicalJson(nested(levels))).toThrow(expect.objectContaining({ code: 'json_not_canonical' }));
    }
  });
});

describe('hex', () => {
  test('bytes survive the round trip', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
      }),
    );
    expect(hexToBytes('0xABcd')).toEqual(new Uint8Array([0xab, 0xcd]));
  });

  test.each(['', '0', '0x1', '1234', '0xzz', '0x1é', 'Ox12'])('%j is refused', (text) => {
    expect(() => hexToBytes(text)).toThrow(expect.objectContaining({ code: 'hex_invalid' }));
  });

  test('addresses are the same in any letter case', () => {
    expect(isSameAddress('0xAB', '0xab')).toBe(true);
    expect(isSameAddress('0xAB', '0xac')).toBe(false);
  });
});
