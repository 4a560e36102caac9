import { resolve } from 'node:path';
import { integrityHashOf, isSameAddress, zeroAddress, type Address, type Hex } from '@kedge/core';
import type { ClassOptions } from '@kedge/sdk';
import { requireOwnOperators } from '../accounts/requireOwnOperators.js';
import { connect, type Connection } from '../chain/connect.js';
import { afterDone } from '../chain/afterDone.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { operatorBpsOf, sellUnits } from '../chain/sellUnits.js';
import { firstShareText, shareCapOf, shareCapOptions, shareCapText } from '../chain/shareCap.js';
import { readMetadata } from '../chain/readMetadata.js';
import { kindChoices, parseParent, storePolicy } from '../chain/terms.js';
import { accountOptions, type Command } from '../command.js';
import { contentStoreOf } from '../contentStoreOf.js';
import type { Context } from '../context.js';
import { humanUnits } from '../human.js';
import { keccak256 } from '../keccak256.js';
import {
  listOption,
  parseAddress,
  parseAmount,
  parseChoice,
  parseDuration,
  parseInteger,
  parsedOption,
  textOption,
} from '../parse.js';
import { usageError } from '../usageError.js';

export const classCreate: Command = {
  name: 'class create',
  summary: 'create a class, with a policy and parents',
  description:
    'Creates a class on chain; you become its issuer. Parents and their royalties are fixed for ever, and so is a cap on shares, unless you say --dilutable. With --policy its ' +
    'value can be sold and metered. Content is anchored with kedge anchor, which creates the class by itself; this ' +
    'command is for classes that are no files, such as an agent. Metadata and policy go into the content store.',
  arguments: [],
  options: [
    { flags: '--kind <kind>', summary: 'dataset, model or agent', default: 'agent' },
    { flags: '--name <name>', summary: 'what it is called in its metadata' },
    { flags: '--description <text>', summary: 'what it is, in its metadata' },
    { flags: '--licence <licence>', summary: 'SPDX identifier or URL, in its metadata' },
    { flags: '--metadata <file>', summary: 'JSON metadata of your own, in place of the three above' },
    { flags: '--policy <file>', summary: 'policy as JSON; its hash goes on chain' },
    { flags: '--parent <classId:bps>', summary: 'a parent and its basis points of the revenue', repeatable: true },
    { flags: '--unit-decimals <n>', summary: 'decimals of a unit, when there is no policy' },
    { flags: '--sell <units>', summary: 'also put that many units on sale, at the price in the policy' },
    { flags: '--operator-bps <bps>', summary: "the operator's cut of what is sold, in basis points", default: '2000' },
    { flags: '--beneficiary <address>', summary: 'who receives revenue that finds no active share' },
    ...shareCapOptions,
    { flags: '--policy-notice <duration>', summary: 'how long before a new policy binds new tokens, for example 7d' },
    {
      flags: '--appeal-window <duration>',
      summary: 'you may revoke tokens, this long after you announced it: 1d to 365d; without it never',
    },
    { flags: '--non-transferable', summary: 'tokens stay with whom they are minted to' },
    { flags: '--value-keeps-expiry', summary: 'units move only to tokens that expire no later than their own' },
    { flags: '--shares-outlive-expiry', summary: "a token's expiry ends its use, and its share goes on earning" },
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge class create --kind agent --name "Docs agent" --policy policy.json --parent 1:3000',
      summary: 'an agent that gives class 1 thirty percent',
    },
    {
      command: 'kedge class create --name "My model" --kind model --policy policy.json --sell 1000000',
      summary: "and a million units on sale, at the policy's price",
    },
  ],
  run: async (context) => {
    const kind = parsedOption(context, 'kind', (text, flag) => parseChoice(text, kindChoices, flag)) ?? 'agent';
    const parents = listOption(context, 'parent').map(parseParent);
    const beneficiary = parsedOption(context, 'beneficiary', parseAddress);
    const unitDecimals = Number(parsedOption(context, 'unitDecimals', parseInteger) ?? 0n);
    if (unitDecimals > 18) throw usageError('--unit-decimals is at most 18.');
    const options = optionsOf(context);
    const sell = textOption(context, 'sell');
    const operatorBps = operatorBpsOf(context);
    const connection = await connect(context);
    const store = contentStoreOf(connection.dataDir);
    const policyFile = textOption(context, 'policy');
    const policy = policyFile === undefined ? undefined : await storePolicy(resolve(context.cwd, policyFile), store);
    requireOwnOperators(connection.chainId, policy?.policy.operators ?? []);
    if (sell !== undefined && policy?.policy.price === undefined) {
      throw usageError('--sell needs a price.', 'Pass a policy with a price: asset, numerator, denominator.');
    }
    // Before the class is there, for what is wrong about the sale.
    if (sell !== undefined) await requireAsset(connection, policy!.policy.price!.asset);
    const supply = sell === undefined ? undefined : parseAmount(sell, policy!.policy.unit.decimals, '--sell', 64);
    const { signer, write } = await resolveWriter(context, connection, kind === 'agent' ? 'operator' : 'contributor');
    const { metadataURI, integrityHash } = await metadataOf(context, connection, kind);
    const terms = {
      kind,
      metadataURI,
      integrityHash,
      parents,
      unitDecimals: policy?.policy.unit.decimals ?? unitDecimals,
      ...(policy === undefined ? {} : { policy }),
      ...(beneficiary === undefined ? {} : { beneficiary }),
      options,
    };
    const { classId, transactionHash } = await write('create the class', (client) => client.createClass(terms));
    const sold =
      supply === undefined
        ? undefined
        : await afterDone(
            sellUnits(write, { classId, supply, policy: policy!.policy, operatorBps }),
            { classId, transactionHash },
            `The class is there, do not create it again. Put units on sale with: kedge lot create ${classId} ${sell}`,
          );
    const created = {
      classId,
      kind,
      issuer: signer.account.address,
      metadataURI,
      integrityHash,
      parents,
      shareCap: options.shareCap,
    };
    context.output.result(
      { ...created, policyHash: policy?.hash, policyURI: policy?.uri, ...sold, transactionHash },
      () => [
        `class ${classId} (${kind}), issued by ${signer.label}`,
        `  integrity hash  ${integrityHash}`,
        `  metadata        ${metadataURI}`,
        ...(policy === undefined ? [] : [`  policy hash     ${policy.hash}`]),
        `  shares          ${shareCapText(options.shareCap)}`,
        ...parents.map(
          (parent) => `  parent          class ${parent.classId}, ${parent.royaltyBps / 100} % of the revenue`,
        ),
        ...(sold === undefined
          ? []
          : [
              `  on sale         ${humanUnits(supply!, policy!.policy.unit.decimals)} in lot ${sold.lot}: kedge buy ${classId} <units>`,
            ]),
        firstShareText(classId, options.shareCap),
      ],
    );
  },
};

async function requireAsset({ client }: Connection, address: Address): Promise<void> {
  if (isSameAddress(address, zeroAddress)) return;
  if ((await client.publicClient.getCode({ address })) !== undefined) return;
  throw usageError(
    `The policy names a price in ${address}, where this chain has no token.`,
    'Name an ERC-20 of this chain in price.asset, or the zero address for ETH.',
  );
}

/** What the class is bound to for ever. */
function optionsOf(context: Context): ClassOptions & { readonly shareCap: bigint } {
  const flags = {
    nonTransferable: context.options['nonTransferable'] === true,
    valueKeepsExpiry: context.options['valueKeepsExpiry'] === true,
    sharesOutliveExpiry: context.options['sharesOutliveExpiry'] === true,
  };
  return {
    shareCap: shareCapOf(context),
    policyNotice: Number(parsedOption(context, 'policyNotice', parseDuration) ?? 0n),
    appealWindow: Number(parsedOption(context, 'appealWindow', parseDuration) ?? 0n),
    ...flags,
  };
}

type Metadata = { readonly metadataURI: string; readonly integrityHash: Hex };

async function metadataOf(context: Context, { dataDir }: Connection, kind: string): Promise<Metadata> {
  const store = contentStoreOf(dataDir);
  const own = textOption(context, 'metadata');
  const name = textOption(context, 'name');
  if (own === undefined && name === undefined)
    throw usageError('The class has no name.', 'Pass --name, or --metadata with a JSON file.');
  const described = {
    format: 'kedge-class/1',
    kind,
    name,
    description: textOption(context, 'description') ?? name,
    licence: textOption(context, 'licence') ?? 'NOASSERTION',
  };
  const metadata = own === undefined ? described : await readMetadata(resolve(context.cwd, own));
  const integrityHash = integrityHashOf(metadata, keccak256);
  return { metadataURI: `ipfs://${await store.putJson(metadata, { sync: 'each' })}`, integrityHash };
}
