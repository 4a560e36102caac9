import { runConformance, type Profile } from '@kedge/conform';
import { BaseError } from '@kedge/core';
import type { LocalAccount } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { resolveAccount } from '../accounts/resolveAccount.js';
import { connectChain } from '../chain/connect.js';
import type { Command } from '../command.js';
import { conformanceText } from '../conformanceText.js';
import type { Context } from '../context.js';
import { exitCodes } from '../output.js';
import { parseAddress, parseChoice, parseInteger, parsedOption, textOption } from '../parse.js';
import { findTarget } from '../target.js';
import { usageError } from '../usageError.js';

const profiles: readonly Profile[] = ['draft', 'kedge'];

const longestExpirySeconds = 31_536_000n;

export const conform: Command = {
  name: 'conform',
  summary: 'try every clause of ERC-8028 against any deployed contract',
  description:
    'Runs every MUST and SHOULD of the draft against a contract as a black box: with throw-away accounts, helper ' +
    'contracts and transactions, never with its source. Says for each clause whether it holds, fails (with the ' +
    'transaction or call that shows it) or does not apply. It creates classes and tokens in that contract, and on a ' +
    'development chain it moves the clock by hours: use a chain of its own. Exits with 0 when every MUST holds, with 3 ' +
    'when some could not be tried only because the node failed, else with 1.',
  arguments: [],
  options: [
    { flags: '--rpc <url>', summary: 'JSON-RPC of the chain' },
    { flags: '--address <address>', summary: 'the contract to try' },
    {
      flags: '--registry <address>',
      summary: 'where its proof registry (addProof) is, when that is another contract',
    },
    {
      flags: '--adapter <address>',
      summary: 'where its adapter for readers of ERC-3525 is, when that is another contract',
    },
    {
      flags: '--profile <name>',
      summary: 'draft: the literal text; kedge: the text and the decisions P1 to P33',
      default: 'draft',
    },
    {
      flags: '--account <name>',
      summary:
        'who pays for the throw-away accounts, and gets back what is left; without it the deployer of the local chain, ' +
        'or KEDGE_PRIVATE_KEY',
    },
    {
      flags: '--owner-key-env <variable>',
      summary: 'environment variable with the key of whoever may create classes and mint, where not everybody may',
    },
    {
      flags: '--expiry-seconds <seconds>',
      summary:
        'how long tokens live that shall expire: 1000 without it on a development chain, else 60, which are waited for',
    },
  ],
  examples: [
    {
      command: 'kedge conform --rpc http://127.0.0.1:8545 --address 0x5FbDB2315678afecb367f032d93F642f64180aa3',
      summary: 'the literal draft, on a local chain',
    },
    {
      command: 'kedge conform --rpc URL --address 0x5FbDB2315678afecb367f032d93F642f64180aa3 --profile kedge --json',
      summary: 'with what makes it solvent, for a machine to read',
    },
    {
      command:
        'kedge conform --rpc URL --address 0x5FbDB2315678afecb367f032d93F642f64180aa3 ' +
        '--registry 0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9',
      summary: 'and its proof registry, which is another contract',
    },
  ],
  run: async (context) => {
    if (textOption(context, 'rpc') === undefined) throw usageError('No chain is named.', 'Pass --rpc URL.');
    const address = parsedOption(context, 'address', parseAddress);
    if (address === undefined) throw usageError('No contract is named.', 'Pass --address 0x….');
    const registry = parsedOption(context, 'registry', parseAddress);
    const adapter = parsedOption(context, 'adapter', parseAddress);
    const profile = parsedOption(context, 'profile', (text, flag) => parseChoice(text, profiles, flag)) ?? 'draft';
    const expirySeconds = parsedOption(context, 'expirySeconds', parseExpirySeconds);
    const owner = ownerOf(context);
    const { publicClient, chainId } = await connectChain(context, await findTarget(context));
    const funder = await resolveAccount(context, chainId, 'deployer');
    const progress = context.output.progress();
    progress.update('paying the throw-away accounts');
    const report = await runConformance({
      publicClient,
      address,
      ...(registry === undefined ? {} : { registry }),
      ...(adapter === undefined ? {} : { adapter }),
      profile,
      funder: funder.account,
      ...(expirySeconds === undefined ? {} : { expiryLeadSeconds: Number(expirySeconds) }),
      ...(owner === undefined ? {} : { owner }),
      onProgress: (done, total, next) => progress.update(`clause ${done + 1} of ${total}: ${next}`),
    }).finally(() => progress.done());
    context.output.result(report, () => conformanceText(report, context.output.colours));
    if (report.ok) return exitCodes.ok;
    return report.nodeFailed ? exitCodes.transient : exitCodes.user;
  },
};

function parseExpirySeconds(text: string, flag: string): bigint {
  const seconds = parseInteger(text, flag);
  if (seconds >= 1n && seconds <= longestExpirySeconds) return seconds;
  throw usageError(
    `${flag} is 1 to ${longestExpirySeconds}, not ${seconds}.`,
    'Leave it out for what suits the chain.',
  );
}

function ownerOf({ environment, options }: Pick<Context, 'environment' | 'options'>): LocalAccount | undefined {
  const variable = textOption({ options }, 'ownerKeyEnv');
  if (variable === undefined) return undefined;
  if (/^(0x)?[0-9a-f]{64}$/i.test(variable)) {
    throw usageError(
      '--owner-key-env takes the name of a variable, not a private key: other users can read command lines.',
      'Treat that key as known to others.',
    );
  }
  const text = environment[variable]?.trim();
  if (text === undefined || !/^(0x)?[0-9a-f]{64}$/i.test(text)) {
    throw new BaseError(`${variable} holds no private key.`, {
      code: 'bad_key',
      hints: [`Set ${variable} in the environment to 64 hex digits.`],
    });
  }
  return privateKeyToAccount(`0x${text.replace(/^0x/, '')}`);
}
