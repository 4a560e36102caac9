import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commandTable, groupSummaries } from '../src/commandTable.js';
import { runProgram } from '../src/program.js';

async function run(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram({
    argv,
    cwd: '/',
    environment: {},
    stdin: process.stdin,
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    version: '1.2.3',
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}

test.each(commandTable.map(({ name }) => name))(
  'kedge %s --help shows what it does, --json, and an example of itself',
  async (name) => {
    const entry = commandTable.find((candidate) => candidate.name === name)!;
    const command = await entry.load();
    expect(command.name).toBe(entry.name);
    expect(command.summary).toBe(entry.summary);
    expect(command.examples.length).toBeGreaterThan(0);
    const { code, stdout } = await run(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--json');
    expect(stdout.replace(/\s+/g, ' ')).toContain(command.description.slice(0, 60));
    for (const example of command.examples) {
      expect(stdout).toContain(example.command);
      expect(example.command).toMatch(new RegExp(`(^|\\| |\\S+ )kedge ${name}\\b`));
    }
    for (const { flags } of command.options) expect(stdout).toContain(flags);
    const [said = ''] = stdout.split(/^Examples?:$/m);
    expect(said.split('\n').filter((line) => line.length > 80)).toEqual([]);
    // A default as it is typed, and of what may be repeated that it may.
    expect(said.replace(/\s+/g, ' ')).not.toMatch(/\(default: (none|")/);
    const repeated = command.options.filter(({ repeatable }) => repeatable).length;
    expect(said.replace(/\s+/g, ' ').split('; may be given several times')).toHaveLength(repeated + 1);
  },
);

test.each(['anchor', 'mint'])('kedge %s --help says that a weight of 0 is no share', async (name) => {
  const { stdout } = await run(name, '--help');
  expect(stdout.replace(/\s+/g, ' ')).toMatch(/--share <weight> [^-]*up to 4294967295; 0, as without it: no share/);
});

test('kedge --help lists every command and group', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const { name } of commandTable) expect(stdout).toMatch(new RegExp(`^  ${name.split(' ')[0]}\\b`, 'm'));
  expect((await run()).stdout).toBe(stdout);
  expect((await run('help', 'mint')).stdout).toBe((await run('mint', '--help')).stdout);
});

test('wrong usage ends with 2 and the way to the help', async () => {
  for (const argv of [['nope'], ['mint'], ['mint', '1', '--nope'], ['channel', 'nope'], ['buy', '1', '2', '3']]) {
    const { code, stderr } = await run(...argv);
    expect([argv, code]).toEqual([argv, 2]);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain('--help');
  }
});

test('with --json wrong usage is one JSON object on stderr, and ends with 2 all the same', async () => {
  for (const argv of [['nope'], ['mint'], ['mint', '1', '--nope'], ['channel', 'nope'], ['channel'], ['mint', '']]) {
    const { code, stdout, stderr } = await run(...argv, '--json');
    expect([argv, code, stdout]).toEqual([argv, 2, '']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'usage', hints: [expect.stringContaining('--help')] } });
  }
});

test('help on what is no command says so', async () => {
  for (const argv of [
    ['help', 'nope'],
    ['nope', '--help'],
  ]) {
    const { code, stderr } = await run(...argv);
    expect([argv, code]).toEqual([argv, 2]);
    expect(stderr).toContain("unknown command 'nope'");
  }
});

test('every group of commands says what it is about', () => {
  const groups = commandTable.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]!] : []));
  const commands = commandTable.map(({ name }) => name);
  for (const group of new Set(groups)) {
    if (!commands.includes(group)) expect([group, groupSummaries[group]]).toEqual([group, expect.any(String)]);
  }
});

test('what is empty, as an unset variable of a script is, is never taken for the working folder', async () => {
  for (const [name, argv] of [
    ['path', ['anchor', '']],
    ['receipts', ['verify', 'a', 'b', '']],
    ['--data-dir', ['status', '--data-dir', '']],
    ['--creator', ['anchor', 'a', '--creator', 'b', '--creator', '']],
  ] as const) {
    const { code, stderr } = await run(...argv);
    expect([argv, code]).toEqual([argv, 2]);
    expect(stderr).toContain(`error: ${name} is empty.`);
  }
});

test('a folder in place of a file is named', async () => {
  for (const argv of [
    ['quote', 'send', 'tmp'],
    ['verify', 'tmp'],
    ['status', '--contracts', 'tmp'],
    ['connect', 'tmp'],
  ]) {
    const { code, stderr } = await run(...argv);
    expect([argv, code]).toEqual([argv, 1]);
    expect(stderr).toContain('error: /tmp is a folder, not a file.');
  }
});

test('a value that cannot be right ends with 2 before anything is looked for', async () => {
  for (const argv of [
    ['mint', 'x', '--share', '1'],
    ['mint', '1'],
    ['buy', 'x', '1'],
    ['settle', '1'],
    ['deploy'],
    ['channel', 'close', '0x12'],
    ['account', 'new', '../x'],
  ]) {
    const { code, stderr } = await run(...argv);
    expect([argv, code]).toEqual([argv, 2]);
    expect(stderr).toMatch(/^error: /);
  }
});

test('start-up loads nothing but the argument parser: every command is imported when it is asked for', () => {
  const source = fileURLToPath(new URL('../src/', import.meta.url));
  const external = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(join(source, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/^import (?!type )[^;]*?from '([^']+)';/gm)) {
      if (specifier.startsWith('.')) visit(normalize(join(dirname(file), specifier.replace(/\.js$/, '.ts'))));
      else external.add(specifier);
    }
  };
  visit('main.ts');
  expect([...external].toSorted()).toEqual(['commander', 'node:fs']);
  expect(seen.size).toBeLessThan(8);
});
