import { auditSolvency } from '@kedge/conform';
import { BaseError, zeroAddress } from '@kedge/core';
import { auditText } from '../auditText.js';
import { connectChain, connectTarget } from '../chain/connect.js';
import { chainOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { listOption, parseAddress, parseInteger, parsedOption, textOption } from '../parse.js';
import { findTarget } from '../target.js';
import { toBaseError } from '../toBaseError.js';
import { usageError } from '../usageError.js';

/** The first of them that holds, in this order: insolvent, different, unchecked (all or an asset), good. */
const auditCodes = { good: 0, insolvent: 1, unchecked: 2, different: 3 } as const;

export const audit: Command = {
  name: 'audit',
  summary: 'work out from events alone what a contract owes, and compare it with what it holds',
  description:
    'Reads every event of a Data Anchoring Token, works out from them alone what was received, claimed and is owed for ' +
    'every class and asset, and compares that with its views and with what it really holds, in one block and to the ' +
    'smallest unit. Exits with 0 when it is solvent and all agree, with 1 when it is insolvent, with 3 when it is solvent ' +
    'and anything differs, and with 2 when it, or an asset, could not be checked.',
  arguments: [],
  options: [
    ...chainOptions,
    { flags: '--address <address>', summary: 'the contract, in place of the DataAnchoringToken of --contracts' },
    {
      flags: '--from-block <number>',
      summary: 'the block of its deployment, or one before; without it what --contracts says, else looked for',
    },
    {
      flags: '--asset <address>',
      summary:
        'only this asset (ETH or an ERC-20 token); without it all, and anyone can settle in an asset of their own',
      repeatable: true,
    },
  ],
  examples: [
    { command: 'kedge audit', summary: 'the local stack' },
    {
      command: 'kedge audit --rpc URL --address 0x5FbDB2315678afecb367f032d93F642f64180aa3 --from-block 1234567 --json',
      summary: 'a contract on another chain, for a machine to read',
    },
  ],
  run: async (context) => {
    try {
      return await check(context);
    } catch (error) {
      context.output.error(withFromBlock(context, toBaseError(error)));
      return auditCodes.unchecked;
    }
  },
};

/** Here the block can be named without a file. */
function withFromBlock(context: Context, error: unknown): unknown {
  if (!(error instanceof BaseError) || error.code !== 'events_unavailable') return error;
  if (textOption(context, 'fromBlock') !== undefined) return error;
  return error.with({
    hints: [
      error.hints[0]!,
      'If the contract is newer than what it lacks, name the block of its deployment with --from-block.',
    ],
  });
}

async function check(context: Context): Promise<number> {
  const asked = parsedOption(context, 'fromBlock', parseInteger);
  const assets = listOption(context, 'asset').map((asset) =>
    asset.toUpperCase() === 'ETH' ? zeroAddress : parseAddress(asset, '--asset'),
  );
  const given = parsedOption(context, 'address', parseAddress);
  const target = await findTarget(context);
  const address = given ?? target.contracts?.DataAnchoringToken;
  if (address === undefined)
    throw usageError('No contract is named.', 'Pass --contracts contracts.json, or --address 0x….');
  // The block of the file is that of its own contracts.
  const known = given === undefined && target.firstBlock !== undefined ? BigInt(target.firstBlock) : undefined;
  const fromBlock = asked ?? known;
  // A file is of one chain: elsewhere the same address is another contract.
  const connecting = given === undefined ? connectTarget(context, target) : connectChain(context, target);
  const { publicClient } = await connecting;
  const progress = context.output.progress();
  const report = await auditSolvency({
    publicClient,
    address,
    ...(fromBlock === undefined ? {} : { fromBlock }),
    ...(assets.length === 0 ? {} : { assets }),
    onProgress: (what) => progress.update(what),
  }).finally(() => progress.done());
  context.output.result(report, () => auditText(report, context.output.colours));
  if (!report.solvent) return auditCodes.insolvent;
  if (report.differences.length > 0) return auditCodes.different;
  return report.unreadable.length > 0 ? auditCodes.unchecked : auditCodes.good;
}
