import { resolve } from 'node:path';
import {
  checkRateQuote,
  parsePolicy,
  parseSignedRateQuote,
  policyHashOf,
  rateLabels,
  rateQuoteDigest,
  rateQuoteEnd,
  signedRateQuoteToJson,
  type Hex,
  type Policy,
  type PolicyOracle,
  type ProtocolDomain,
  type RateQuote,
  type SignedRateQuote,
} from '@kedge/core';
import { recoverAddress } from 'viem';
import { resolveAccount } from '../accounts/resolveAccount.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanMoment, shellWord } from '../human.js';
import { keccak256 } from '../keccak256.js';
import { parseChoice, parseDuration, parseInteger, parsedOption, textOption } from '../parse.js';
import { signedDomain } from '../signedDomain.js';
import { findTarget, readJson } from '../target.js';
import { unixNow } from '../unixNow.js';
import { usageError } from '../usageError.js';

export const quoteSign: Command = {
  name: 'quote sign',
  summary: "sign a quote that moves the rates of a policy, within the policy's bounds",
  description:
    'Signs what the rates of a policy are now, as one of the signers that its oracle names. A quote is for one policy, one ' +
    "chain and one contract, and counts until its age reaches the policy's maxAgeSeconds, or as long as you say. Rates are " +
    'base units for 1 of a metric, within the bounds of the policy; a metric that is not named keeps its own. Where several ' +
    'must sign, each adds a signature to the same quote. With --json it prints the quote as gateways take it.',
  arguments: [],
  options: [
    { flags: '--policy <file>', summary: 'the policy, as it was published' },
    { flags: '--rates <rates>', summary: 'metric=base units, with commas between: input_tokens=2,output_tokens=5' },
    {
      flags: '--valid <time>',
      summary: 'how long it counts at most (90s, 10m); without it as long as the policy lets it',
    },
    { flags: '--sequence <number>', summary: 'its number, higher than all before; without it the Unix time' },
    { flags: '--add <file>', summary: 'add your signature to this quote instead of making one' },
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge quote sign --policy policy.json --rates output_tokens=5 --account oracle --json > quote.json',
      summary: 'output tokens cost 5 base units for now',
    },
  ],
  run: async (context) => {
    const { policy, oracle } = await readOraclePolicy(context);
    const policyHash = policyHashOf(policy, keccak256);
    const domain = signedDomain(await findTarget(context), undefined, 'A rate quote');
    const now = unixNow();
    const added = textOption(context, 'add');
    const before =
      added === undefined
        ? { quote: newQuote(context, { oracle, policyHash, now }), signatures: [] }
        : parseSignedRateQuote(await readJson(resolve(context.cwd, added)));
    const signer = await resolveAccount(context, domain.chainId, oracle.signers[0]!);
    if (signer.account.sign === undefined) throw new Error('A local account signs hashes.');
    const signature = await signer.account.sign({ hash: rateQuoteDigest(domain, before.quote, keccak256) });
    const signed = await inOrder({ ...before, signatures: [...before.signatures, signature] }, domain);
    // What gateways will ask, but for the number of signatures: others may add theirs.
    const asked = { ...policy, oracle: { ...oracle, threshold: signed.signatures.length } };
    await checkRateQuote(signed, { policy: asked, policyHash, domain, at: now, of: 'call', keccak256, recover });
    const { quote, signatures } = signed;
    const lacking = (oracle.threshold ?? 1) - signatures.length;
    context.output.result(signedRateQuoteToJson(signed), () => [
      `rate quote ${quote.sequence} for policy ${quote.policyHash}`,
      ...Object.entries(quote.rates).map(([metric, rate]) => `  ${metric.padEnd(17)} ${rate} base units for 1`),
      `  counts until      ${humanMoment(rateQuoteEnd(oracle, quote))}`,
      `  signed by         ${signer.label}`,
      ...nextLines(context, lacking),
    ]);
  },
};

/** What --json prints is what the next command takes. */
function nextLines(context: Context, lacking: number): string[] {
  if (lacking <= 0) return ['print it with --json > quote.json', 'next: kedge quote send quote.json'];
  const policy = shellWord(textOption(context, 'policy')!);
  return [
    `${lacking} more must sign: print it for them with --json > quote.json`,
    `next, as one of them: kedge quote sign --policy ${policy} --add quote.json --json`,
  ];
}

async function readOraclePolicy(context: Context): Promise<{ policy: Policy; oracle: PolicyOracle }> {
  const file = textOption(context, 'policy');
  if (file === undefined) throw usageError('A quote is for one policy: pass --policy with its file.');
  const policy = parsePolicy(await readJson(resolve(context.cwd, file)));
  if (policy.oracle === undefined) {
    throw usageError(
      'This policy names no oracle, so no quote moves its rates.',
      'Publish one of format kedge-policy/3.',
    );
  }
  return { policy, oracle: policy.oracle };
}

function newQuote(
  context: Context,
  { oracle, policyHash, now }: { readonly oracle: PolicyOracle; readonly policyHash: Hex; readonly now: bigint },
): RateQuote {
  const rates = textOption(context, 'rates');
  if (rates === undefined) throw usageError('Pass --rates, such as output_tokens=5.');
  const pairs = rates.split(',').map((pair) => {
    const [metric = '', rate = ''] = pair.split('=');
    return [
      parseChoice(metric.trim(), rateLabels, 'A metric of --rates'),
      parseInteger(rate.trim(), metric).toString(),
    ];
  });
  const seconds = parsedOption(context, 'valid', parseDuration) ?? BigInt(oracle.maxAgeSeconds);
  return {
    policyHash,
    sequence: parsedOption(context, 'sequence', parseInteger) ?? now,
    observedAt: now,
    validUntil: now + seconds,
    rates: Object.fromEntries(pairs) as RateQuote['rates'],
  };
}

/** Gateways take signatures in ascending order of their signers, each once. */
async function inOrder({ quote, signatures }: SignedRateQuote, domain: ProtocolDomain): Promise<SignedRateQuote> {
  const digest = rateQuoteDigest(domain, quote, keccak256);
  const bySigner = new Map<string, Hex>();
  for (const signature of signatures) bySigner.set((await recover(digest, signature)).toLowerCase(), signature);
  const ordered = [...bySigner].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return { quote, signatures: ordered.map(([, signature]) => signature) };
}

const recover = (hash: Hex, signature: Hex) => recoverAddress({ hash, signature });
