import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command as Program } from 'commander';
import { expect, test } from 'vitest';
import { commandTable } from '../src/commandTable.js';
import { completeProposal, shownUrl } from '../src/proposal.js';
import { bind } from '../src/program.js';

const given = { rpc: 'https://rpc.example', contracts: 'contracts.json', account: 'alice', dataDir: 'with blank' };
const all = "--rpc https://rpc.example --contracts contracts.json --account alice --data-dir 'with blank'";

test('a proposal carries what was given of what its command takes', () => {
  expect(completeProposal('next: kedge mint 5 --share 1000', given)).toBe(`next: kedge mint 5 --share 1000 ${all}`);
  expect(completeProposal('List the classes: kedge status', given)).toBe(
    "List the classes: kedge status --rpc https://rpc.example --contracts contracts.json --data-dir 'with blank'",
  );
  expect(completeProposal('See yours: kedge account list', given)).toBe('See yours: kedge account list');
  expect(completeProposal('next: kedge claim', { account: 'alice' })).toBe('next: kedge claim --account alice');
});

test('a proposal begins with what runs this installation, whatever is called kedge in it', () => {
  const typed = () => 'npx kedge';
  expect(completeProposal('next: kedge anchor kedge --name kedge', {}, typed)).toBe(
    'next: npx kedge anchor kedge --name kedge',
  );
  expect(completeProposal('kedge status shows it', {}, typed)).toBe('kedge status shows it');
});

test('what was not given, or is there already, is not added', () => {
  expect(completeProposal('next: kedge claim', {})).toBe('next: kedge claim');
  const whole = 'next: kedge claim --account bob --data-dir here';
  expect(completeProposal(whole, { account: 'alice', dataDir: 'there' })).toBe(whole);
});

test('a URL that a text did not know is the one that was given', () => {
  const line = 'Deploy the contracts there with: kedge deploy --rpc URL --json > contracts.json';
  expect(completeProposal(line, {})).toBe(line);
  expect(completeProposal(line, given)).toBe(
    'Deploy the contracts there with: kedge deploy --json --rpc https://rpc.example --account alice > contracts.json',
  );
});

test('what somebody else is to run leaves the account to them', () => {
  const chain = "--rpc https://rpc.example --contracts contracts.json --data-dir 'with blank'";
  for (const before of ['next, as 0x12', 'next, as a verifier', 'Its issuer publishes one with', 'The holder may']) {
    expect(completeProposal(`${before}: kedge claim`, given)).toBe(`${before}: kedge claim ${chain}`);
  }
});

test('a sentence that mentions a command stays as it is', () => {
  for (const line of [
    'kedge status shows it',
    'Start it with: kedge up, or kedge indexer.',
    'with the channel key: kedge connect does it for any client.',
    'gateway http://127.0.0.1:1: kedge nothing',
    '{\n  "a": "next: kedge claim"\n}',
  ]) {
    expect(completeProposal(line, given)).toBe(line);
  }
});

test.each([
  ['http://127.0.0.1:8545', 'http://127.0.0.1:8545'],
  ['https://rpc.example/', 'https://rpc.example/'],
  ['https://rpc.example/eth/mainnet', 'https://rpc.example/eth/mainnet'],
  ['https://rpc.example/v3/0123456789abcdef0123456789abcdef', 'https://rpc.example/…'],
  ['https://rpc.example/abcdefghijklmnop', 'https://rpc.example/…'],
  ['https://rpc.example?key=secret', 'https://rpc.example/…'],
  ['https://name:secret@rpc.example', 'https://rpc.example/…'],
  ['https://rpc.example/#secret', 'https://rpc.example/…'],
  ['nonsense', undefined],
])('of %s a proposal shows %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

test('a private key that was given for a name is not repeated', () => {
  expect(completeProposal('next: kedge claim', { account: `0x${'ab'.repeat(32)}` })).toBe('next: kedge claim');
});

test('the table says of each command which options name its target', async () => {
  for (const { name, takes, load } of commandTable) {
    const { options } = await load();
    const own = (['rpc', 'contracts', 'account'] as const).filter((option) =>
      options.some(({ flags }) => flags.startsWith(`--${option} `)),
    );
    expect([name, takes.filter((option) => option !== 'dataDir')]).toEqual([name, own]);
  }
});

/** Every text of the code that ends with a proposal, with a word in place of each value. */
function proposalsOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) =>
    // With a blank at its end it is a piece of a sentence.
    [...readFileSync(folder + file, 'utf8').matchAll(/(['"`])([^'"`\n]*: kedge (?:(?!\1).)*)(?<! )\1/g)].map(
      ([, , text]) => text!.replaceAll(/\$\{[^}]*\}/g, '1'),
    ),
  );
}

const sources = ['cli', 'sdk', 'core', 'conform', 'gateway'].map((name) =>
  fileURLToPath(new URL(`../../${name}/src/`, import.meta.url)),
);
const proposals = [...new Set(sources.flatMap(proposalsOf))].filter((line) => completeProposal(line, given) !== line);

test('the code has proposals, and prose about commands', () => {
  expect(proposals.length).toBeGreaterThan(50);
});

test.each(proposals)('"%s" is taken by the argument parser', async (line) => {
  for (const options of [{}, given]) {
    const typed = / (kedge .*?)( [>|] .*)?$/.exec(completeProposal(line, options).slice(line.lastIndexOf(': ')))![1]!;
    expect(await readBy(wordsOf(typed).slice(1)), typed).toBe(true);
  }
});

/** As a shell does. */
function wordsOf(line: string): string[] {
  return (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/^["']|["']$/g, ''));
}

async function readBy(words: readonly string[]): Promise<boolean> {
  const entry =
    commandTable.find(({ name }) => name === words.slice(0, 2).join(' ')) ??
    commandTable.find(({ name }) => name === words[0])!;
  const program = new Program('kedge').exitOverride();
  let isRead = false;
  bind(program, await entry.load(), async () => void (isRead = true));
  await program.parseAsync(words.slice(entry.name.split(' ').length), { from: 'user' });
  return isRead;
}
