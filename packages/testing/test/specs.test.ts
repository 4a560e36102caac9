import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string): string => readFileSync(root + file, 'utf8');
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file}`);

/** The text of each function that is a test, by its name. */
const solidityTests = new Map(
  filesIn('contracts/test', '.sol').flatMap((file) =>
    [...read(file).matchAll(/function ((?:test|testFuzz|invariant)_\w+)[^]*?\n    }\n/g)].map(
      ([text, name]) => [name!, text] as const,
    ),
  ),
);
const sources = filesIn('contracts/src', '.sol').map(read).join('\n');
const sections = new Map(
  read('docs/specs/erc-8028-profile.md')
    .split(/^\*\*(?=P\d+\. )/m)
    .slice(1)
    .map((text) => [/^P\d+/.exec(text)![0], text.split(/^## /m)[0]!] as const),
);

test('every decision P1 to P33 has the words of the draft, what they leave open, what is done, and a test of its name', () => {
  expect([...sections.keys()]).toEqual(Array.from({ length: 33 }, (_, index) => `P${index + 1}`));
  for (const [number, text] of sections) {
    for (const part of ['Draft', 'Open', 'Kedge', 'Tests'])
      expect(text, number).toMatch(new RegExp(`^- ${part}: .`, 'm'));
    expect(text, number).toMatch(new RegExp(`\`(test|testFuzz)_(\\w+_)?${number}_`));
  }
});

test('the tests of P28 expect every event of the draft', () => {
  const named = [...sections.get('P28')!.matchAll(/`(test_\w+)`/g)].map(([, name]) => solidityTests.get(name!));
  const events = [...read('contracts/src/interfaces/IDATCore.sol').matchAll(/^    event (\w+)/gm)].map(
    ([, name]) => name!,
  );
  expect(events.length).toBe(11);
  const expected = named.join('\n');
  expect(events.filter((event) => !expected.includes(`emit IDATCore.${event}(`))).toEqual([]);
});

test('every contract and every interface is on the page of contracts', () => {
  const page = read('docs/reference/contracts.md');
  const names = filesIn('contracts/src/interfaces', '.sol').map((file) => /(\w+)\.sol$/.exec(file)![1]!);
  const told = (name: string): boolean => new RegExp(`\\b${name}\\b|^## .*\\b${name.slice(1)}\\b`, 'm').test(page);
  expect(names.filter((name) => !told(name))).toEqual([]);
});

test('the page of invariants lists each of them once, where it is checked, and counts them', () => {
  const page = read('docs/security/invariants.md');
  const groups = page.split(/^## /m).flatMap((text) => {
    const file = /^[^\n]*: `([\w/]+\.sol)`/.exec(text)?.[1];
    return file === undefined
      ? []
      : [{ file, names: [...text.matchAll(/^\| ([A-Z]\d+) /gm)].map(([, name]) => name!) }];
  });
  for (const { file, names } of groups) {
    const checked = [...read(`contracts/test/laws/${file}`).matchAll(/"([A-Z]\d+): /g)].map(([, name]) => name!);
    expect([...new Set(checked)].toSorted(), file).toEqual(names.toSorted());
  }
  const words = new Map(
    [12, 30, 40, 70].map((number, index) => [number, ['twelve', 'Thirty', 'Forty', 'Seventy'][index]]),
  );
  const count = (of: typeof groups): number => of.reduce((sum, { names }) => sum + names.length, 0);
  const besides = count(groups.filter(({ file }) => file.startsWith('beside/')));
  expect(page).toContain(`${words.get(count(groups))} named invariants`);
  expect(page).toContain(`${words.get(count(groups) - besides)} are of the token`);
  expect(page).toContain(`${words.get(besides)} are of the contracts beside`);
  expect(page).toContain(`the ${words.get(groups.length)} groups`);
});

test.each(filesIn('docs', '.md'))('%s names only tests that exist', (page) => {
  const names = [...read(page).matchAll(/`((?:test|testFuzz|invariant)_\w+)`/g)].map(([, name]) => name!);
  expect(names.filter((name) => !solidityTests.has(name))).toEqual([]);
});

test.each(filesIn('contracts/test', '.tree'))(
  '%s branches over functions that exist, and has its tests beside it',
  (tree) => {
    const stem = tree.replace(/\.tree$/, '');
    expect(filesIn('contracts/test', '.t.sol').some((file) => file.startsWith(stem))).toBe(true);
    // A root may also say in words what is called.
    const roots = [...read(tree).matchAll(/^\w+::(.+)$/gm)].flatMap(
      ([, calls]) => calls!.replace(/(?<=\w)\([^)]*\)/g, '').match(/\b[a-z]+[A-Z]\w*/g) ?? [],
    );
    expect(roots.filter((name) => !sources.includes(`function ${name}(`))).toEqual([]);
    expect(read(tree)).toMatch(/^ *[│ ]*[├└]── it /m);
  },
);

test('every known failure of metering names tests that exist', () => {
  const plain = (text: string): string => text.replaceAll('’', "'");
  const named = [...read('docs/specs/known-failures.md').matchAll(/`([^`]+\.(?:test\.ts|t\.sol))`: (.+?);?$/gm)];
  const failures = read('docs/specs/known-failures.md').match(/^- \*\*/gm);
  expect(named.length).toBeGreaterThanOrEqual(failures!.length);
  for (const [, file, title] of named) expect(plain(read(file!)), file).toContain(plain(title!));
});
