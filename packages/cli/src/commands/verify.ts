import { resolve } from 'node:path';
import { BaseError, parsePolicy, splitSeq, type Policy, type ReceiptBodies, type SignedReceipt } from '@kedge/core';
import { connectTarget, type Connection } from '../chain/connect.js';
import { chainOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { shortHex } from '../human.js';
import { exitCodes } from '../output.js';
import { listOption, parseAddress, parsedOption, textOption, urlOption } from '../parse.js';
import { checkReceipts, unknownOperator, type Check } from '../receipts/checkReceipts.js';
import { readGivenFile } from '../files/readGivenFile.js';
import { createLeavesFinder, type FindLeaves } from '../receipts/createLeavesFinder.js';
import { readReceipts } from '../receipts/readReceipts.js';
import { withoutReceiptLine } from '../receipts/withoutReceiptLine.js';
import { signedDomain } from '../signedDomain.js';
import { strictGatewayOf } from '../strict/strictChannelFile.js';
import { findTarget, readJson, type Target } from '../target.js';
import { dataPathsOf } from '../files/dataPaths.js';
import { usageError } from '../usageError.js';

/** With more receipts than this, only what fails is listed. */
const listedReceipts = 10;

export const verify: Command = {
  name: 'verify',
  summary: 'check receipts: path, signature, chain, units, count, and their anchor on chain',
  description:
    'Checks receipts on your own machine, without the gateway: the path to the signed root, the signature of the ' +
    'operator, that several receipts of a channel follow one another, and that units follow from metrics and policy. ' +
    'When the chain answers it also checks the channel, its operator, and, once anchored, inclusion under the root on ' +
    'chain: for that it needs the hashes of the other receipts under that root, which it takes from the content store here, ' +
    'from --leaves, or from the gateway, and holds against their CID on chain. The last line, and included with --json, say ' +
    'whether inclusion was confirmed. Without the chain nobody says who the operator is, other than --operator. Given the bodies of a call it counts them again, with the tokenizer that the policy pins, and compares the ' +
    'receipt metric by metric; what only the upstream can know is said, and is no tick. Takes files (one receipt, an array, one a line, a saved answer or stream), - for stdin, or the value of the ' +
    'kedge-receipt header. Exits with 1 when a check fails; what could not be checked is said, and does not fail.',
  arguments: [{ name: 'receipts', summary: 'files, - or header values', variadic: true }],
  options: [
    { flags: '--policy <file>', summary: 'the policy, where the content store does not have it' },
    { flags: '--operator <address>', summary: 'who must have signed; without it the operator of the channel' },
    { flags: '--request <file>', summary: 'exact bytes of the request body, for one receipt' },
    {
      flags: '--response <file>',
      summary: 'exact bytes of the response body, for one receipt; a saved stream as it came',
    },
    { flags: '--surface <path>', summary: 'where the call went, such as /v1/messages, when the bodies do not tell' },
    {
      flags: '--leaves <file>',
      summary: 'file or URL of the leaves of an anchored root',
      repeatable: true,
    },
    {
      flags: '--gateway <url>',
      summary: 'base URL of a gateway to ask for leaves; without it that of .kedge/up.json or of the strict channel',
    },
    { flags: '--offline', summary: 'ask neither the chain nor a gateway' },
    ...chainOptions,
  ],
  examples: [
    { command: 'kedge verify receipt.json', summary: 'one receipt, or all in the file' },
    {
      command: 'kedge verify receipt.json --request request.json --response answer.json',
      summary: 'counts the call again, and compares',
    },
    {
      command: 'kedge verify receipt.json --gateway https://api.example.com/v1',
      summary: 'confirms inclusion on chain, with leaves from the gateway that nobody need trust',
    },
    { command: 'curl -sD - … | kedge verify -', summary: 'the receipt in the headers of an answer' },
  ],
  run: async (context) => {
    const receipts = await readReceipts(context);
    const target = await findTarget(context);
    const connection = await chainIfReachable(context, target);
    const domain = signedDomain(target, connection, 'A receipt');
    const given = await givenPolicy(context);
    const bodies = await givenBodies(context, receipts.length);
    const findLeaves = connection === undefined ? undefined : await leavesFinder(context, target, receipts);
    const { dataDir } = target;
    const operator = parsedOption(context, 'operator', parseAddress);
    const surface = textOption(context, 'surface');
    const checks = await checkReceipts(receipts, {
      dataDir,
      connection,
      domain,
      given,
      operator,
      bodies,
      surface,
      findLeaves,
    });
    checks.sort(byReceiptAndName);
    const failed = checks.filter(({ ok }) => ok === false);
    const isGood = failed.length === 0;
    const anchored = checks.filter(({ name, ok }) => name === 'anchor' && ok === true).length;
    const included = anchored === receipts.length;
    context.output.result({ ok: isGood, included, receipts: receipts.length, checks }, () => [
      ...receipts.flatMap((receipt, index) => linesOf(receipt, index, receipts.length, checks)),
      ...(isGood ? verdictLines(checks, receipts.length) : [`✗ ${failed.length} of ${checks.length} checks failed`]),
    ]);
    return isGood ? exitCodes.ok : exitCodes.user;
  },
};

/** That nothing failed, whether inclusion on chain is a part of that, and what is not. */
function verdictLines(checks: readonly Check[], count: number): string[] {
  const good = `✓ ${count === 1 ? 'the receipt is' : `all ${count} receipts are`} good`;
  const open = checks.filter(({ name, reason }) => name === 'anchor' && reason !== undefined);
  const ofThem = (some: readonly Check[]): string => (count === 1 ? '' : ` of ${some.length} of them`);
  const unpriced = checks.filter(({ name, ok }) => name === 'units' && ok === undefined);
  const others = [
    ...(checks.some(({ detail }) => detail === unknownOperator) ? [`- ${unknownOperator}`] : []),
    ...(unpriced.length === 0
      ? []
      : [
          `- that the units${ofThem(unpriced)} follow from the policy was not checked`,
          '  -> pass the policy with --policy <file>',
        ]),
  ];
  if (open.length === 0)
    return [`${good}, and included under ${count === 1 ? 'the root' : 'roots'} on chain`, ...others];
  const reasons = new Set(open.map(({ reason }) => reason));
  return [
    good,
    ...others,
    `- inclusion on chain${ofThem(open)} is not confirmed`,
    ...(reasons.has('leaves_missing') ? ['  -> pass --gateway <url>, or the leaves with --leaves <file or URL>'] : []),
    ...(reasons.has('pending') ? ['  -> verify again when the operator has anchored the batch'] : []),
    ...(reasons.has('chain_not_asked')
      ? ['  -> name the chain: --rpc <url> --contracts <file>, without --offline']
      : []),
  ];
}

/** Where leaves may be: gateways are asked only where the chain is, whose roots they are held against. */
async function leavesFinder(
  context: Context,
  { dataDir, up }: Target,
  receipts: readonly SignedReceipt[],
): Promise<FindLeaves> {
  const named = urlOption(context, 'gateway');
  const channelIds = [...new Set(receipts.map(({ receipt }) => receipt.channelId))];
  const known = [up?.gatewayUrl, ...channelIds.map((channelId) => strictGatewayOf(dataDir, channelId))];
  return createLeavesFinder({
    storeDir: dataPathsOf(dataDir).store,
    cwd: context.cwd,
    given: listOption(context, 'leaves'),
    gatewayUrls: named === undefined ? [...new Set(known.filter((url) => url !== undefined))] : [named],
  });
}

async function chainIfReachable(context: Context, target: Target): Promise<Connection | undefined> {
  if (context.options['offline'] === true || target.rpcUrl === undefined || target.contracts === undefined)
    return undefined;
  try {
    return await connectTarget(context, target);
  } catch (error) {
    if (!(error instanceof BaseError) || error.kind !== 'transient') throw error;
    context.output.note(`${error.shortMessage} What needs the chain is not checked.`);
    return undefined;
  }
}

async function givenPolicy(context: Context): Promise<Policy | undefined> {
  const file = textOption(context, 'policy');
  return file === undefined ? undefined : parsePolicy(await readJson(resolve(context.cwd, file)));
}

async function givenBodies(context: Context, count: number): Promise<ReceiptBodies | undefined> {
  const [request, response] = [textOption(context, 'request'), textOption(context, 'response')];
  if (request === undefined && response === undefined) return undefined;
  if (count !== 1)
    throw usageError(
      `--request and --response belong to one receipt, these are ${count}.`,
      'Check that receipt by itself.',
    );
  const read = async (file: string): Promise<Buffer> => {
    const body = await readGivenFile(context.cwd, file);
    if (body.length > 0) return body;
    throw usageError(`${file} is empty.`, 'Pass the exact bytes of the body, as they were sent or came.');
  };
  return {
    ...(request === undefined ? {} : { request: await read(request) }),
    ...(response === undefined ? {} : { response: withoutReceiptLine(await read(response)) }),
  };
}

function linesOf({ receipt }: SignedReceipt, index: number, count: number, checks: readonly Check[]): string[] {
  const own = checks.filter((check) => check.index === index && (count <= listedReceipts || check.ok === false));
  if (own.length === 0) return [];
  const { epoch, counter } = splitSeq(receipt.seq);
  const head = `receipt ${index + 1} of ${count}: channel ${shortHex(receipt.channelId)}, seq ${receipt.seq} (epoch ${epoch}, number ${counter}), ${receipt.units} base units`;
  return [head, ...own.map(({ name, ok, detail }) => `  ${mark(ok)} ${name.padEnd(10)} ${detail}`)];
}

function mark(ok: boolean | undefined): string {
  if (ok === undefined) return '-';
  return ok ? '✓' : '✗';
}

/** The order in which checks are shown. */
const checkOrder = [
  'path',
  'signature',
  'operator',
  'units',
  'chain',
  'cumulative',
  'body',
  'recount',
  'channel',
  'anchor',
];

function byReceiptAndName(left: Check, right: Check): number {
  return left.index - right.index || checkOrder.indexOf(left.name) - checkOrder.indexOf(right.name);
}
