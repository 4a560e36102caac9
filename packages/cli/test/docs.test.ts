import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { commonOptions, type Command } from '../src/command.js';
import { commandTable } from '../src/commandTable.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = [
  'README.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const linking = [...pages, 'packages/core/API.gen.md', 'packages/sdk/API.gen.md'];

/** A `kedge …` of a page. Only what stands in a block is meant to be run as it is. */
type Shown = { readonly line: string; readonly isWhole: boolean };

/** Every `kedge …` of a page: a line of a fenced block, or an inline piece of code. */
function commandsOf(page: string): Shown[] {
  const markdown = readFileSync(root + page, 'utf8');
  const fenced = [...markdown.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.split('\n'));
  const inline = [...markdown.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return [...fenced.map((line) => ({ line, isWhole: true })), ...inline.map((line) => ({ line, isWhole: false }))]
    .map(({ line, isWhole }) => ({ line: line.replace(/\s+(#|[|>] ).*$/, '').trim(), isWhole }))
    .filter(({ line }) => /^(npx )?kedge [a-z-]/.test(line))
    .map(({ line, isWhole }) => ({ line: line.replace(/^npx /, ''), isWhole }));
}

function wordsOf(line: string): string[] {
  return (line.match(/"[^"]*"|\S+/g) ?? []).slice(1);
}

/** What the command's own data says against this line; empty when it would be accepted. */
function objectionsTo(command: Command, words: readonly string[], isWhole: boolean): string[] {
  const known = new Map(
    [...command.options, ...commonOptions].map(({ flags }) => [flags.match(/--[a-z-]+/)![0], / [<[]/.test(flags)]),
  );
  const objections: string[] = [];
  let positional = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--help') return [];
    if (!word.startsWith('--')) positional += 1;
    else if (!known.has(word)) objections.push(`no option ${word}`);
    else if (known.get(word)) index += 1;
  }
  const least = command.arguments.filter(({ optional }) => optional !== true).length;
  if (isWhole && positional < least) objections.push(`${positional} arguments, needs ${least}`);
  const most = command.arguments.some(({ variadic }) => variadic) ? Infinity : command.arguments.length;
  if (positional > most) objections.push(`${positional} arguments, takes ${most}`);
  return objections;
}

it('finds the commands that the pages show', () => {
  expect(commandsOf('README.md').length).toBeGreaterThanOrEqual(4);
});

it.each(pages)('%s shows only commands and options that exist', async (page) => {
  for (const { line, isWhole } of commandsOf(page)) {
    const words = wordsOf(line);
    const entry =
      commandTable.find(({ name }) => name === words.slice(0, 2).join(' ')) ??
      commandTable.find(({ name }) => name === words[0]);
    expect(entry, `${page}: ${line}`).toBeDefined();
    const command = await entry!.load();
    const rest = words.slice(command.name.split(' ').length);
    expect(objectionsTo(command, rest, isWhole), `${page}: ${line}`).toEqual([]);
  }
});

it.each(linking)('%s links only to files that exist, and to headings that they have', (page) => {
  const folder = new URL(page, `file://${root}`);
  for (const [, target, heading] of readFileSync(root + page, 'utf8').matchAll(
    /\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g,
  )) {
    const url = new URL(target!, folder);
    expect(existsSync(url), `${page} links to ${target}`).toBe(true);
    if (heading !== '') expect(headingsOf(url), `${page} links to ${target}#${heading}`).toContain(heading);
  }
});

/** As GitHub names them in an address. */
function headingsOf(page: URL): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, text]) =>
    text!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it('names every variable of the environment by which accounts are found', () => {
  const folder = `${root}packages/cli/src/accounts/`;
  const code = readdirSync(folder).map((file) => readFileSync(folder + file, 'utf8'));
  const names = new Set(code.flatMap((text) => text.match(/(?<=')KEDGE_[A-Z]+(_[A-Z]+)*(?=')/g) ?? []));
  expect(names.size).toBeGreaterThanOrEqual(4);
  const written = pages.map((page) => readFileSync(root + page, 'utf8')).join('\n');
  for (const name of names) expect(written).toContain(name);
});
