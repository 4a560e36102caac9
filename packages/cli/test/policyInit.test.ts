import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePolicy, tokenizer } from '@kedge/core';
import { expect, test } from 'vitest';
import { runInProcess, runJson, temporaryFolder } from './kedge.js';

const operator = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const cwd = temporaryFolder();
const named = ['policy', 'init', '--model', 'llama3.2', '--operator', operator];
const page = readFileSync(new URL('../../../docs/reference/policies.md', import.meta.url), 'utf8');
const complete: unknown = JSON.parse(/^## A complete policy\n\n```json\n([\s\S]*?)^```/m.exec(page)![1]!);

test('the complete policy on the page about policies is valid, and what the command below it prints', async () => {
  expect(parsePolicy(complete)).toEqual(complete);
  const line = /`kedge (policy init [^`]*)`/.exec(page)![1]!;
  const { code, stdout, stderr } = await runInProcess(line.split(' '), { cwd });
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toEqual(complete);
});

test('it goes into a new file, and replaces none', async () => {
  const args = [...named, '--price', '0.001', '--out', 'policy.json'];
  const quoted = await runInProcess([...named, '--price', '0.001', '--out', 'my policy.json'], { cwd });
  expect(quoted.stdout).toContain("--policy 'my policy.json' --sell 1000000");
  const { stdout } = await runInProcess(args, { cwd });
  expect(stdout).toContain('--policy policy.json --sell 1000000\n');
  const text = readFileSync(join(cwd, 'policy.json'), 'utf8');
  expect(parsePolicy(JSON.parse(text))).toMatchObject({ models: ['llama3.2'], operators: [operator], tokenizer });
  const again = await runInProcess([...args, '--licence', 'MIT'], { cwd });
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('policy.json exists')]);
  expect(readFileSync(join(cwd, 'policy.json'), 'utf8')).toBe(text);
});

test('rates, decimals, several models and operators, and a price in an ERC-20 asset', async () => {
  const [other, asset] = ['0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC', '0x036CbD53842c5426634e7929541eC2318f3dCF7e'];
  const rates = ['--rate', 'requests=500', '--rate', 'input_tokens=0', '--rate', 'output_tokens=7'];
  const price = ['--price', '0.25', '--asset', asset, '--asset-decimals', '6', '--decimals', '6'];
  const policy = await runJson([...named, '--model', 'qwen3', '--operator', other, ...rates, ...price], { cwd });
  expect(parsePolicy(policy)).toMatchObject({
    models: ['llama3.2', 'qwen3'],
    operators: [operator, other],
    unit: { decimals: 6 },
    rates: { requests: '500', input_tokens: '0', output_tokens: '7' },
    // A quarter of a million smallest units for a million base units.
    price: { asset, numerator: '1', denominator: '4' },
  });
});

test('without a price it says that nothing can be sold', async () => {
  const { stdout, stderr } = await runInProcess(named, { cwd });
  expect(parsePolicy(JSON.parse(stdout))).not.toHaveProperty('price');
  expect(stderr).toContain('no units can be sold');
  const kept = await runInProcess([...named, '--out', 'unpriced.json'], { cwd });
  expect(kept.stdout).toContain('--policy unpriced.json\n');
});

test.each([
  [['policy', 'init', '--operator', operator], 'No model is named.'],
  [['policy', 'init', '--model', 'm'], 'No operator is named.'],
  [[...named, '--operator', '0x12'], '--operator must be an address'],
  [[...named, '--rate', 'input_tokens'], '--rate must be <metric>=<base units>'],
  [[...named, '--rate', 'output_tokens=3'], 'so input_tokens would be free'],
  [[...named, '--rate', 'words=3'], 'The policy is not valid: rates'],
  [[...named, '--decimals', '19'], '--decimals is at most 18'],
  [[...named, '--max-output', '0'], 'The policy is not valid: caps.outputTokensPerCall'],
  [[...named, '--price', '0'], 'The policy is not valid: price.numerator'],
  [[...named, '--asset', operator], '--asset is the asset of a price'],
])('kedge %j is refused: %s', async (args, said) => {
  const { code, stdout, stderr } = await runInProcess(args, { cwd });
  expect(stderr).toContain(said);
  expect([code === 0, stdout]).toEqual([false, '']);
});
