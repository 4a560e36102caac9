import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { kedgeCommand } from '../src/kedgeCommand.js';
import { temporaryFolder } from './kedge.js';

let root: string;
let program: string;
let bin: string;
beforeEach(() => {
  root = realpathSync(temporaryFolder());
  program = join(root, 'clone', 'packages', 'cli', 'bin', 'kedge.js');
  mkdirSync(dirname(program), { recursive: true });
  writeFileSync(program, '');
  bin = join(root, 'clone', 'node_modules', '.bin');
  link(bin, program);
});

function link(folder: string, to: string): string {
  mkdirSync(folder, { recursive: true });
  symlinkSync(to, join(folder, 'kedge'));
  return folder;
}

const commandIn = (folder: string, ...path: string[]): string =>
  kedgeCommand({ cwd: join(root, folder), environment: { PATH: path.join(':') } }, program);

test('in the clone, and below it, npx finds the command', () => {
  expect(commandIn('clone', '/usr/bin')).toBe('npx kedge');
  expect(commandIn('clone/packages/cli')).toBe('npx kedge');
});

test('outside of it the linked command is found on the PATH, but not where npm alone put it there', () => {
  const linked = link(join(root, 'linked'), program);
  expect(commandIn('.', '/usr/bin', linked)).toBe('kedge');
  expect(commandIn('.', bin, '/usr/bin')).toBe(`node ${program}`);
});

test('another command of that name is none: the file is named, as a shell reads it', () => {
  const foreign = join(root, 'foreign.js');
  writeFileSync(foreign, '');
  const other = link(join(root, 'project', 'node_modules', '.bin'), foreign);
  expect(commandIn('project')).toBe(`node ${program}`);
  // It comes first on the PATH.
  const [first, linked] = [link(join(root, 'first'), foreign), link(join(root, 'linked'), program)];
  expect(commandIn('.', other, first, linked)).toBe(`node ${program}`);
  const spaced = join(root, 'with blank', 'kedge.js');
  expect(kedgeCommand({ cwd: root, environment: {} }, spaced)).toBe(`node '${spaced}'`);
});

test('this installation is named where it is', () => {
  expect(kedgeCommand({ cwd: root, environment: {} })).toMatch(/^node .*packages\/cli\/bin\/kedge\.js$/);
});
