import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shellWord } from '../src/human.js';
import { runInProcess, temporaryFolder } from './kedge.js';

test.each(['plain', './a-b/c_d.txt', 'ünï', 'with blank', "it's", '$HOME `x` "y"', 'a\nb', '', '~'])(
  'a shell reads %j as one word',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
  },
);

test('the command that checks an anchored folder can be pasted, whatever the folder is called', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'with blank'));
  writeFileSync(join(cwd, 'with blank', 'a'), 'a');
  const { stdout } = await runInProcess(['anchor', 'with blank', '--no-chain', '--data-dir', join(cwd, 'data')], {
    cwd,
  });
  expect(stdout).toContain("with blank.kedge.json' 'with blank'");
});
