import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { clausesOf, sections, type Clause } from '../src/index.js';

const draft = readFileSync(new URL('../spec/erc-8028.txt', import.meta.url), 'utf8');
const collapse = (text: string): string => text.replace(/\s+/g, ' ');

test('the words of every clause of the draft are the words of the draft', () => {
  const text = collapse(draft);
  for (const { id, words } of clausesOf('draft')) expect(text, id).toContain(collapse(words));
});

test('ids are unique, name their section, and stay', () => {
  const clauses = clausesOf('kedge');
  expect(new Set(clauses.map(({ id }) => id)).size).toBe(clauses.length);
  for (const { id, section } of clauses) {
    const prefix = section === 'Security' ? 'DS' : section.startsWith('P') ? section : `D${section}`;
    expect(id === prefix || id.startsWith(`${prefix}.`), id).toBe(true);
  }
  for (const { section } of clausesOf('draft')) expect(sections.map(([name]) => name)).toContain(section);
});

test('every keyword of RFC 2119 in the draft is in the words of a clause', () => {
  const words = clausesOf('draft').map((clause) => collapse(clause.words));
  const lines = draft.split('\n').filter((line) => /\b(MUST|SHOULD|RECOMMENDED)\b/.test(line));
  // Sentences about keywords, about the draft itself, and headings of lists that have clauses of their own.
  const without = [/^This section is/, /^MUST revert on:$/, /\(RECOMMENDED\)/];
  for (const line of lines) {
    if (without.some((pattern) => pattern.test(line))) continue;
    const sentence = collapse(line).trim();
    const covered = words.some((text) => sentence.includes(text) && /MUST|SHOULD/.test(text));
    expect(covered, sentence).toBe(true);
  }
});

test('every decision P1 to P33 has a clause', () => {
  const decisions = new Set(clausesOf('kedge').map(({ section }) => section));
  for (let number = 1; number <= 33; number++) expect(decisions.has(`P${number}`), `P${number}`).toBe(true);
});

test('the guide counts the clauses of both profiles', () => {
  const guide = readFileSync(new URL('../../../docs/guides/conformance.md', import.meta.url), 'utf8');
  const draftIds = new Set(clausesOf('draft').map(({ id }) => id));
  const added = clausesOf('kedge').filter(({ id }) => !draftIds.has(id));
  const count = (clauses: readonly Clause[], of: string) => clauses.filter(({ level }) => level === of).length;
  const [must, should, may] = ['MUST', 'SHOULD', 'MAY'].map((level) => count(clausesOf('draft'), level));
  expect(guide).toContain(`the literal text: ${must} MUST, ${should} SHOULD and ${may} MAY.`);
  expect(guide).toContain(`from outside: ${count(added, 'MUST')} MUST and ${count(added, 'SHOULD')} SHOULD.`);
});

test('the probes are what their source compiles to', () => {
  const script = fileURLToPath(new URL('../scripts/generateProbes.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
