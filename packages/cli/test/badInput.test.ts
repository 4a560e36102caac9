import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAgentClass, type AgentClass } from './agentClass.js';
import { runInProcess } from './kedge.js';

let cwd: AgentClass['cwd'];
let anvil: AgentClass['anvil'];
let contracts: AgentClass['deployment']['contracts'];
let kedge: AgentClass['kedge'];
let kedgeJson: AgentClass['kedgeJson'];

beforeAll(async () => {
  const made = await startAgentClass();
  ({ cwd, anvil, kedge, kedgeJson } = made);
  contracts = made.deployment.contracts;
});
afterAll(() => anvil.stop());

test('kedge up refuses what its gateway would not take before it begins anything', async () => {
  const dataDir = join(cwd, 'none');
  for (const [args, said] of [
    [['--workers', '0'], '--workers is 1 to 256, not 0'],
    [['--workers', '257'], '--workers is 1 to 256, not 257'],
    [['--model', 'x'], '--model is about an upstream, and none is named'],
  ] as const) {
    const { code, stderr } = await runInProcess(['up', ...args, '--data-dir', dataDir], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  }
  expect(existsSync(dataDir)).toBe(false);
});

test('bad input says what is wrong and what to do', async () => {
  const { tokenId } = await kedgeJson('buy', '2', '1');
  mkdirSync(join(cwd, 'data'));
  writeFileSync(join(cwd, 'data', 'a.txt'), 'first\n');
  mkdirSync(join(cwd, 'hidden'));
  writeFileSync(join(cwd, 'hidden', '.a.txt'), 'first\n');
  writeFileSync(join(cwd, 'broken.json'), '{');
  writeFileSync(join(cwd, 'list.json'), '[]');
  writeFileSync(join(cwd, 'nameless.json'), '{"name": " ", "licence": "MIT"}');
  symlinkSync('loop', join(cwd, 'loop'));
  const { classes } = await kedgeJson<{ classes: unknown[] }>('status');
  const cases: [string[], number, RegExp][] = [
    [['buy', '9', '1'], 1, /no such class[\s\S]*kedge status/],
    [['buy', '1', '1'], 1, /nothing on sale/],
    [['buy', '2', '99999'], 1, /ewer units/],
    [['buy', '2', '0'], 1, /zero units[\s\S]* {2}-> Name more than 0 units/],
    [['buy', '2', '1', '--to', 'nobody'], 2, /--to must be an address .* or a role, .*operator/],
    [['lot', 'create', '2', '1', '--operator-bps', '10001'], 2, /--operator-bps is at most 10000, not 10001/],
    [['buy', '2', '9'.repeat(35)], 2, /units is at most 18446744073709551\.615/],
    [['token', 'top-up', tokenId!, '9'.repeat(35)], 2, /units is at most 18446744073709551\.615/],
    [['token', 'burn', tokenId!, '9'.repeat(35), '--yes'], 2, /units is at most 18446744073709551\.615/],
    [['token', 'split', tokenId!, '--part', '9'.repeat(35)], 2, /--part is at most 18446744073709551\.615/],
    [['channel', 'open', tokenId!, '--units', '9'.repeat(35)], 2, /--units is at most 18446744073709551\.615/],
    [['mint', '2', '--value', '9'.repeat(35)], 2, /--value is at most 18446744073709551\.615/],
    [['mint', '2', '--value', '18446744073709551.616'], 2, /--value is at most 18446744073709551\.615/],
    [['mint', '1', '--share', '0'], 2, /would be empty[\s\S]*--share/],
    [['mint', '2', '--share', '0', '--value', '0'], 2, /would be empty/],
    [['anchor', 'data', '--out', 'new.json', '--date', '2026-02-31'], 2, /--date must be a day of the calendar/],
    [['anchor', 'data', '--out', '/dev/null'], 2, /\/dev\/null, which is no regular file[\s\S]*--out/],
    [['anchor', 'data', '--out', 'data'], 2, /no regular file/],
    [['anchor', 'hidden'], 1, /no file to anchor[\s\S]*--hidden/],
    [['mint', '1', '--share', '5', '--account', 'consumer'], 1, /not the issuer[\s\S]*--account/],
    [['mint', '1', '--share', '5000000000'], 2, /--share is at most 4294967295/],
    [['anchor', 'data', '--out', 'new.json', '--share', '5000000000'], 2, /--share is at most 4294967295/],
    [['class', 'create', '--name', 'x', '--policy', 'policy.json', '--sell', '0.0001'], 2, /--sell has 4 decimals/],
    [['class', 'create', '--metadata', 'list.json'], 1, /list.json is no metadata/],
    [['class', 'create', '--metadata', 'nameless.json'], 1, /no metadata: [\s\S]* the text "name"/],
    [['class', 'create', '--metadata', '/dev/zero'], 1, /\/dev\/zero is longer than 256 MiB/],
    [['anchor', 'loop'], 1, /from one symbolic link to the next/],
    [
      ['anchor', 'data', '--data-dir', 'loop', '--out', 'new.json', '--no-chain'],
      1,
      /from one symbolic link to the next/,
    ],
    [
      ['anchor', 'data', '--data-dir', '/proc/kedge', '--out', 'new.json', '--no-chain'],
      1,
      /\/proc\/kedge cannot be made/,
    ],
    [['bond', 'post', '--amount', '1', '--cover', '2020-01-01'], 2, /--cover lies in the past/],
    [['bond', 'post', '--amount', '1', '--cover', '99999d'], 2, /ten years at most[\s\S]*never taken back/],
    [['mint', '2', '--value', '0.0001'], 2, /decimals/],
    [['channel', 'open', '5'], 1, /no such token/],
    [['token', 'split', '5', '--part', '1'], 1, /no such token/],
    [['token', 'split', '5'], 2, /--part/],
    [['token', 'burn', tokenId!, '99999', '--yes'], 1, /less value/],
    [['claim', '--account', 'nobody'], 1, /KEDGE_NOBODY_PRIVATE_KEY/],
    [['class', 'create', '--name', 'x', '--policy', 'broken.json'], 1, /broken.json is not JSON/],
    [['class', 'create', '--name', 'x', '--policy', 'nothing.json'], 1, /nothing.json does not exist/],
    [['class', 'create', '--name', 'x', '--parent', '1:10001'], 2, /--parent/],
    [['verify', 'broken.json'], 1, /holds no receipt/],
    [['lot', 'create', '1', '5'], 1, /no policy[\s\S]*kedge policy publish 1/],
    [['lot', 'create', '2', '0'], 2, /sells nothing/],
    [['settle', '1', '--amount', '1', '--asset', `0x${'12'.repeat(20)}`], 2, /no token[\s\S]*ERC-20/],
    [
      ['settle', '1', '--amount', '1', '--asset', contracts.ValueChannels],
      2,
      /no ERC-20 with decimals[\s\S]*Name an ERC-20/,
    ],
    [['verify', 'loop'], 1, /from one symbolic link to the next/],
    [['channel', 'open', tokenId!, '--units', '0'], 2, /without units[\s\S]*--units/],
    [['buy', '2', '1', '--lot', '7'], 1, /no such lot[\s\S]* lot: 7\n/],
    // As it is on chain, and in what a gateway offers.
    [['buy', '2', '1', '--lot', String(2 ** 31 + 7)], 1, /no such lot[\s\S]* lot: 7\n/],
    [['buy', '2', '1', '--lot', String(2 ** 32)], 2, /A lot is a number from 1/],
  ];
  for (const [args, code, said] of cases) {
    const ran = await kedge(...args);
    expect([args, ran.code, ran.stdout]).toEqual([args, code, '']);
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr).toContain('  -> ');
  }
  // None of them stopped in the middle, with a class but without its sale or share.
  expect((await kedgeJson<{ classes: unknown[] }>('status')).classes).toHaveLength(classes.length);
  const json = await kedge('buy', '9', '1', '--json');
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'ERC8028NonexistentClass', kind: 'user' } });
});

test.each([['up'], ['shadow', 'policy.json', '--upstream', 'http://127.0.0.1:9/v1']])(
  'kedge %s ends where no data folder can be made',
  async (...args) => {
    const { code, stderr } = await runInProcess([...args, '--data-dir', '/proc/kedge'], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('/proc/kedge cannot be made')]);
  },
);
