import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { upScreen } from '../../src/up/upScreen.js';

const labels = [
  'chain',
  'contracts',
  'docs anchored',
  'docs attested',
  'agent class',
  'lot on sale',
  'units bought',
  'channel',
  'built-in upstream',
  'gateway',
];
const view = {
  dataDir: '.kedge',
  command: 'npx kedge',
  gatewayUrl: 'http://127.0.0.1:31999/v1',
  apiKey: `kedge-${'x'.repeat(32)}`,
  rpcUrl: 'http://127.0.0.1:31997',
  indexerUrl: 'http://127.0.0.1:31996',
  dashboardUrl: 'http://127.0.0.1:31998',
  chainId: 31337,
  models: ['kedge-docs'],
  docsClass: { name: 'Kedge documentation', classId: 1n },
  agentClass: { name: 'Kedge docs agent', classId: 2n },
  deadline: 1_800_000_000n,
  milliseconds: 12_345,
  times: labels.map((label) => ({ label, milliseconds: 1_234 })),
  remarks: ['The docs changed since they were anchored: answers come from the anchored version.'],
};
const screen = upScreen(view);

test('it is one screen: at most 24 lines of 100 columns', () => {
  expect(screen.length).toBeLessThanOrEqual(24);
  expect(Math.max(...screen.map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('it says where to connect, who is who, how long each step took, and what to do next', () => {
  const text = screen.join('\n');
  for (const part of ['http://127.0.0.1:31999/v1', 'kedge-xxxx', 'http://127.0.0.1:31997', 'after 12.3 s', 'Ctrl-C']) {
    expect(text).toContain(part);
  }
  for (const role of ['deployer', 'contributor', 'operator', 'consumer'])
    expect(text).toMatch(new RegExp(`^  ${role} +0x`, 'm'));
  for (const label of labels) expect(text.replaceAll('\n     ', ' ')).toContain(`${label} 1.2 s`);
  expect(text).toContain('development keys, public');
});

/** Of the three commands, what stands behind the one that is a curl. */
function lastCommands(lines: readonly string[]): readonly string[] {
  return lines.slice(lines.findIndex((line) => line.includes("-d '{")) + 1, -view.remarks.length);
}

test('its commands run where it was started, and it says that they are for there', () => {
  const lines = upScreen({ ...view, dataDir: 'other', command: 'kedge' });
  expect(lastCommands(lines)).toEqual([
    '  kedge verify other/answer.txt --data-dir other',
    '  kedge status --data-dir other',
    '  kedge claim --data-dir other',
  ]);
  expect(lines.join('\n')).not.toContain('npx');
  expect(lines).toContain('Next, in another terminal in this folder');
});

test('a terminal of 80 columns breaks none of them that is no longer by itself', () => {
  const where = ['.kedge', 'other', '/a/folder/that/is/far/away', 'with blank'];
  for (const dataDir of where) {
    for (const command of ['kedge', 'npx kedge', 'node /a/kedge.js']) {
      for (const line of lastCommands(upScreen({ ...view, dataDir, command }))) {
        const isBare = !line.includes('#');
        expect([line, isBare || line.length <= 80]).toEqual([line, true]);
      }
    }
  }
  expect(lastCommands(upScreen(view)).join('\n')).toMatch(/# .+\n.+# .+ then: npx kedge claim$/);
});

test('a data folder with a blank in its name is one word for the shell', () => {
  const lines = upScreen({ ...view, dataDir: 'with blank' });
  expect(lines.find((line) => line.includes('curl'))).toContain("curl -sD 'with blank'/answer.txt");
  expect(lastCommands(lines)[0]).toBe("  npx kedge verify 'with blank'/answer.txt --data-dir 'with blank'");
});

test('the README shows this screen', () => {
  const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
  const shown = /^## What you see\n\n```\n([\s\S]*?)^```/m.exec(readme)![1]!;
  const seconds = [0.3, 0.6, 0.6, 0.1, 0.2, 0.1, 0.1, 0.1, 1.6, 1.8];
  const lines = upScreen({
    dataDir: '.kedge',
    command: 'npx kedge',
    gatewayUrl: 'http://127.0.0.1:28516/v1',
    apiKey: 'kedge-…',
    rpcUrl: 'http://127.0.0.1:28514',
    indexerUrl: 'http://127.0.0.1:28517',
    dashboardUrl: 'http://127.0.0.1:28518',
    chainId: 31337,
    models: ['kedge-docs'],
    docsClass: { name: 'Kedge documentation', classId: 1n },
    agentClass: { name: 'Kedge docs agent', classId: 2n },
    deadline: BigInt(Date.UTC(2026, 11, 21) / 1000),
    milliseconds: 4_200,
    times: labels.map((label, index) => ({ label, milliseconds: seconds[index]! * 1000 })),
    remarks: [],
  });
  expect(shown.trimEnd().split('\n')).toEqual(lines);
});
