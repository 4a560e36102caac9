import { expect, test } from 'vitest';
import { argumentProblems } from '../src/argumentProblems.js';

const messages = (query: string, variables?: Record<string, unknown>) =>
  argumentProblems(query, variables).map(({ message }) => message);
const list = (args: string) => `{ classBooks(${args}) { items { classId } } }`;
const cursor = Buffer.from('{"json":{"classId":"4"},"meta":{"values":{"classId":["bigint"]},"v":1}}').toString(
  'base64',
);

test.each([
  ['limit: -2', /^limit is a whole number from 1 to 1000, not -2\.$/],
  ['limit: -1', /not -1\.$/],
  ['limit: 0', /not 0\.$/],
  ['limit: 1001', /not 1001\.$/],
  ['limit: 1000000000000', /not 1000000000000\.$/],
  ['limit: 1.5', /not 1\.5\.$/],
  ['limit: "5"', /not "5"\.$/],
  ['offset: -3', /^offset is a whole number from 0 on, not -3\.$/],
  ['after: "zzz"', /^after is what endCursor or startCursor of a page said, not "zzz"\.$/],
  ['after: ""', /not ""\.$/],
  ['before: "e30="', /^before is what /],
  [`before: "${Buffer.from('{"json":null}').toString('base64')}"`, /^before is what /],
  ['orderDirection: "up"', /^orderDirection is asc or desc, not "up"\.$/],
])('a list with %s is refused', (args, message) => {
  expect(messages(list(args))).toEqual([expect.stringMatching(message)]);
});

test.each([
  'limit: 1',
  'limit: 1000, offset: 0',
  'limit: null, after: null',
  `after: "${cursor}", orderBy: "classId", orderDirection: "desc"`,
  'where: { limit: -2 }',
])('a list with %s is Ponder’s to answer', (args) => {
  expect(messages(list(args))).toEqual([]);
});

test('variables count, with their defaults, and lists within lists and fragments', () => {
  const asked = (defaultValue = '') =>
    `query q($l: Int${defaultValue}) { classBooks(limit: $l) { items { classId } } }`;
  expect(messages(asked(), { l: -2 })).toHaveLength(1);
  expect(messages(asked(), { l: 2 })).toEqual([]);
  expect(messages(asked())).toEqual([]);
  expect(messages(asked(' = -2'))).toHaveLength(1);
  expect(messages(asked(' = -2'), { l: 2 })).toEqual([]);
  const inner = 'fragment f on classBook { tokens(limit: -5) { items { tokenId } } }';
  expect(messages(`{ a: classBooks(offset: -1) { items { ...f } } } ${inner}`)).toHaveLength(2);
});

test('each says where it is and by what code; a document that is none is Ponder’s to refuse', () => {
  const [problem] = JSON.parse(JSON.stringify(argumentProblems(list('limit: -2')))) as unknown[];
  expect(problem).toMatchObject({ locations: [{ line: 1, column: 14 }], extensions: { code: 'request_invalid' } });
  for (const none of ['', '{', 'zzz', `{ ${'a '.repeat(2_000)} }`]) expect(messages(none)).toEqual([]);
});
