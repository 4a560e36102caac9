import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parsePolicy, tokenizer, zeroAddress, type Policy } from '@kedge/core';
import { refuseUnpriced } from '../chain/terms.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { namingFile } from '../files/namingFile.js';
import { shellWord } from '../human.js';
import { flagOf, listOption, parseAddress, parseAmount, parseInteger, parsedOption, textOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const policyInit: Command = {
  name: 'policy init',
  summary: 'write a policy to begin with: rates, caps, models, operators, price',
  description:
    'Prints a complete policy, with the tokenizer that gateways of this version count with, for kedge class create or ' +
    'kedge policy publish. It asks no chain and needs no account. Edit what it wrote as you like before you publish it: ' +
    'docs/reference/policies.md says what each clause means, and which more there are.',
  arguments: [],
  options: [
    { flags: '--model <name>', summary: 'a model that may be called, as the upstream calls it', repeatable: true },
    { flags: '--operator <address>', summary: 'the account of a gateway that may serve', repeatable: true },
    {
      flags: '--rate <metric=units>',
      summary: 'base units for one of a metric; without any input_tokens=1 and output_tokens=3',
      repeatable: true,
    },
    { flags: '--price <amount>', summary: 'what one unit costs, in ETH or in --asset; without it nothing can be sold' },
    { flags: '--asset <address>', summary: 'the ERC-20 asset of the price, in place of ETH' },
    { flags: '--asset-decimals <n>', summary: 'its decimals', default: '18' },
    { flags: '--unit <name>', summary: 'what one unit is called', default: 'unit' },
    { flags: '--decimals <n>', summary: 'decimals of a unit: 3 means that it has a thousand base units', default: '3' },
    { flags: '--max-input <tokens>', summary: 'the longest prompt of a call', default: '16000' },
    { flags: '--max-output <tokens>', summary: 'the longest answer of a call', default: '4096' },
    { flags: '--licence <licence>', summary: 'SPDX identifier or URL: the terms of use', default: 'NOASSERTION' },
    { flags: '--out <file>', summary: 'a new file to write it to, in place of printing it' },
  ],
  examples: [
    {
      command:
        'kedge policy init --model llama3.2 --operator 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --price 0.001 --out policy.json',
      summary: 'a token of a prompt costs a millionth of an ETH, one of an answer three',
    },
    {
      command:
        'kedge policy init --model tts-1 --operator 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --rate requests=500',
      summary: 'half a unit for each call, and no price yet',
    },
  ],
  run: async (context) => {
    const policy = policyOf(context);
    refuseUnpriced(policy);
    if (policy.price === undefined) {
      context.output.note('It names no price, so no units can be sold under it: pass --price, for example 0.001.');
    }
    const text = JSON.stringify(policy, null, 2);
    const out = textOption(context, 'out');
    if (out === undefined) return context.output.result(policy, () => text);
    const file = resolve(context.cwd, out);
    await writeFile(file, `${text}\n`, { flag: 'wx' }).catch(async (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') {
        throw usageError(`${file} exists.`, 'Name another file with --out, or remove that one.');
      }
      // What was begun would be in the way of the next try.
      await rm(file, { force: true });
      namingFile(file)(cause);
    });
    // Units that have no price cannot be put on sale.
    const sell = policy.price === undefined ? '' : ' --sell 1000000';
    context.output.result({ file, policy }, () => [
      `wrote ${file}`,
      `next: kedge class create --name "My model" --kind model --policy ${shellWord(out)}${sell}`,
    ]);
  },
};

function policyOf(context: Context): Policy {
  const [models, operators] = [listOption(context, 'model'), listOption(context, 'operator')];
  if (models.length === 0) throw usageError('No model is named.', 'Pass --model with a name that the upstream knows.');
  if (operators.length === 0) {
    throw usageError(
      'No operator is named.',
      'Pass --operator with the address that your gateway signs with. See yours: kedge account list',
    );
  }
  const decimals = decimalsOf(context, 'decimals');
  const cap = (name: string): number => Number(parsedOption(context, name, parseInteger));
  const price = priceOf(context, decimals);
  return parsePolicy({
    format: 'kedge-policy/1',
    unit: { name: textOption(context, 'unit'), decimals },
    rates: ratesOf(context),
    caps: {
      inputTokensPerCall: cap('maxInput'),
      outputTokensPerCall: cap('maxOutput'),
    },
    tokenizer,
    operators: operators.map((operator) => parseAddress(operator, '--operator')),
    models,
    licence: textOption(context, 'licence'),
    ...(price === undefined ? {} : { price }),
  });
}

function ratesOf(context: Context): Record<string, string> {
  const given = listOption(context, 'rate');
  if (given.length === 0) return { input_tokens: '1', output_tokens: '3' };
  return Object.fromEntries(
    given.map((text) => {
      const [, metric, rate] = /^([a-z_]+)=(\d+)$/.exec(text) ?? [];
      if (metric !== undefined && rate !== undefined) return [metric, String(BigInt(rate))];
      throw usageError(`--rate must be <metric>=<base units>, not "${text}".`, 'Example: --rate input_tokens=1');
    }),
  );
}

/** Smallest units of the asset for base units, in lowest terms. */
function priceOf(context: Context, decimals: number): Policy['price'] {
  const text = textOption(context, 'price');
  const asset = textOption(context, 'asset');
  if (text === undefined) {
    if (asset !== undefined) throw usageError('--asset is the asset of a price.', 'Pass --price, too.');
    return undefined;
  }
  const assetDecimals = asset === undefined ? 18 : decimalsOf(context, 'assetDecimals');
  const numerator = parseAmount(text, assetDecimals, '--price', 96);
  const denominator = 10n ** BigInt(decimals);
  const divisor = greatestDivisor(numerator, denominator);
  return {
    asset: parsedOption(context, 'asset', parseAddress) ?? zeroAddress,
    numerator: String(numerator / divisor),
    denominator: String(denominator / divisor),
  };
}

function decimalsOf(context: Context, name: string): number {
  const decimals = Number(parsedOption(context, name, parseInteger));
  if (decimals > 18) throw usageError(`${flagOf(name)} is at most 18.`);
  return decimals;
}

function greatestDivisor(one: bigint, other: bigint): bigint {
  return other === 0n ? one : greatestDivisor(other, one % other);
}
