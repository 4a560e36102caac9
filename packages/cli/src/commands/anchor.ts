import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  BaseError,
  bindManifest,
  buildCroissant,
  buildManifest,
  classIri,
  dataAnchoringTokenAbi,
  integrityHashOf,
  isSameAddress,
  zeroHash,
  type Manifest,
} from '@kedge/core';
import { firstBlockOf, readEvents, type CreateClassParameters } from '@kedge/sdk';
import { anchorPath, type Anchored, type ContentStore } from '@kedge/store';
import type { SigningAccount } from '../accounts/resolveAccount.js';
import { requireOwnOperators } from '../accounts/requireOwnOperators.js';
import { anchorProgress } from '../anchor/anchorProgress.js';
import { manifestFileOf, requireSameContent, unboundManifest, writeManifest } from '../anchor/manifestFile.js';
import { connect, type Connection } from '../chain/connect.js';
import type { Writer } from '../chain/createWriter.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { firstShareText, shareCapOf, shareCapOptions, shareCapText } from '../chain/shareCap.js';
import { kindChoices, parseParent, storePolicy, type ParentTerms, type StoredPolicy } from '../chain/terms.js';
import { accountOptions, type Command } from '../command.js';
import { contentStoreOf } from '../contentStoreOf.js';
import { dataDirOf, type Context } from '../context.js';
import { humanBytes, shellWord } from '../human.js';
import { keccak256 } from '../keccak256.js';
import { argument, listOption, parseChoice, parseDate, parseShare, parsedOption, textOption } from '../parse.js';
import { usageError } from '../usageError.js';

export const anchor: Command = {
  name: 'anchor',
  summary: 'anchor a file or folder: hash, CID, Merkle root, metadata, class on chain',
  description:
    'Reads a file or folder once: SHA-256 and CID of each file, one CID and one Merkle root for all. Puts the blocks into ' +
    'the content store, describes them in Croissant metadata, and creates a class on chain that carries the hash of that ' +
    'metadata. Writes the manifest that kedge anchor verify compares copies with: keep it. Data never goes on the chain. What ' +
    'the chain would refuse is found before the reading; should it fail later, repeat the command. With --share a share of ' +
    'that weight is all that there will be, unless --share-cap or --dilutable says otherwise; token split divides it.',
  arguments: [{ name: 'path', summary: 'the file or folder' }],
  options: [
    { flags: '--name <name>', summary: "what it is called; without it the path's last part" },
    { flags: '--kind <kind>', summary: 'dataset, model or agent', default: 'dataset' },
    { flags: '--description <text>', summary: 'what it is, for the metadata' },
    { flags: '--licence <licence>', summary: 'SPDX identifier or URL', default: 'NOASSERTION' },
    {
      flags: '--creator <name>',
      summary: 'who made it; without it the address that signs',
      repeatable: true,
    },
    { flags: '--date <date>', summary: 'date of publication (2026-01-31); without it today' },
    {
      flags: '--parent <classId:bps>',
      summary: 'a class that it derives from, and its basis points of the revenue',
      repeatable: true,
    },
    {
      flags: '--share <weight>',
      summary: 'also mint a share of this weight for yourself, up to 4294967295; 0, as without it: no share',
    },
    ...shareCapOptions,
    { flags: '--policy <file>', summary: 'policy as JSON, so that value of the class can be sold' },
    { flags: '--hidden', summary: 'take in files whose names begin with a dot' },
    { flags: '--out <file>', summary: 'the manifest; without it <name>.kedge.json in this folder' },
    { flags: '--no-chain', summary: 'create no class' },
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge anchor ./my-data --licence CC-BY-4.0 --share 1000',
      summary: 'a dataset, and a share of its revenue',
    },
    {
      command: 'kedge anchor ./model.bin --kind model --parent 1:3000',
      summary: 'a model that gives class 1 thirty percent',
    },
    { command: 'kedge anchor ./my-data --no-chain', summary: 'hashes, CID and manifest only' },
  ],
  run: async (context) => {
    const { path, kind, parents, share, shareCap, datePublished, isOnChain } = readAsked(context);
    const manifestFile = manifestFileOf(context, path);
    const existing = await unboundManifest(manifestFile);
    const store = contentStoreOf(await dataDirOf(context));
    const policyFile = textOption(context, 'policy');
    const policy = policyFile === undefined ? undefined : await storePolicy(resolve(context.cwd, policyFile), store);
    const terms = {
      kind,
      parents,
      options: { shareCap },
      ...(policy === undefined ? {} : { policy, unitDecimals: policy.policy.unit.decimals }),
    };
    // Before the reading, which may take long: a chain that is missing, and terms that it would refuse, are found at once.
    const onChain = isOnChain ? await prepareChain(context, terms) : undefined;
    if (existing !== undefined && onChain !== undefined) await requireNoClass(onChain, manifestFile, existing);

    const content = await readContent(context, path, store);
    const described = await describeContent(context, { content, datePublished, parents, store, onChain });
    const { metadataURI, manifest } = described;
    if (existing !== undefined) requireSameContent(manifestFile, existing, manifest);
    // Written before the transaction: should this process die in between, the hashes are not lost.
    writeManifest(manifestFile, manifest);
    const created =
      onChain && (await putOnChain(context, onChain, { terms, metadataURI, manifest, manifestFile, share }));

    const { cid, merkleRoot, integrityHash } = manifest;
    const { files, size: bytes, skipped } = content;
    const anchored = { cid, merkleRoot, integrityHash, metadataURI, manifest: manifestFile };
    context.output.result(
      {
        path,
        name: manifest.name,
        ...anchored,
        files: files.length,
        bytes,
        skipped,
        store: store.dir,
        ...(created && {
          chainId: onChain!.connection.chainId,
          kind,
          issuer: onChain!.signer.account.address,
          parents,
          policyHash: policy?.hash,
          policyURI: policy?.uri,
          shareCap,
          ...created,
        }),
      },
      () => [
        `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${humanBytes(bytes)}`,
        ...anchoredLines(anchored, skipped.length),
        ...(created ? createdLines(created, kind, shareCap, onChain!.signer) : ['no class was created (--no-chain)']),
        `check a copy: kedge anchor verify ${shellWord(manifestFile)} ${shellWord(argument(context, 0))}`,
      ],
    );
  },
};

/** What the command line asks for, checked without the chain. */
function readAsked(context: Context) {
  const path = resolve(context.cwd, argument(context, 0));
  const kind = parsedOption(context, 'kind', (text, flag) => parseChoice(text, kindChoices, flag)) ?? 'dataset';
  const parents = listOption(context, 'parent').map(parseParent);
  const share = parsedOption(context, 'share', parseShare) ?? 0n;
  const datePublished = parsedOption(context, 'date', parseDate) ?? new Date().toISOString().slice(0, 10);
  const isOnChain = context.options['chain'] !== false;
  const shareCap = shareCapOf(context, share);
  const bindsShares = context.options['shareCap'] !== undefined || context.options['dilutable'] === true;
  if (!isOnChain && (parents.length > 0 || share > 0n || bindsShares)) {
    throw usageError('--parent, --share, --share-cap and --dilutable need the chain.', 'Leave --no-chain out.');
  }
  // Where a link leads is found out when it is read.
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    return { path, kind, parents, share, shareCap, datePublished, isOnChain };
  throw new BaseError('There is nothing at that path.', {
    code: 'path_not_found',
    values: { path },
    hints: ['Check the spelling.'],
  });
}

function anchoredLines(
  anchored: Pick<Manifest, 'cid' | 'merkleRoot' | 'integrityHash'> & { metadataURI: string; manifest: string },
  skipped: number,
): string[] {
  const { cid, merkleRoot, integrityHash, metadataURI, manifest } = anchored;
  return [
    `  CID             ${cid}`,
    `  Merkle root     ${merkleRoot}`,
    `  integrity hash  ${integrityHash}`,
    `  metadata        ${metadataURI}`,
    `  manifest        ${manifest}`,
    ...(skipped > 0 ? [`  left out        ${skipped} hidden (take them in with --hidden)`] : []),
  ];
}

function createdLines(
  { classId, shareTokenId }: { readonly classId: bigint; readonly shareTokenId: bigint | undefined },
  kind: string,
  shareCap: bigint,
  signer: SigningAccount,
): string[] {
  return [
    `  class           ${classId} (${kind}), issued by ${signer.label}`,
    `  shares          ${shareCapText(shareCap)}`,
    shareTokenId === undefined ? firstShareText(classId, shareCap) : `  share token     ${shareTokenId}`,
  ];
}

type OnChain = {
  readonly connection: Connection;
  readonly signer: SigningAccount;
  readonly write: Writer['write'];
};

/** What of the class does not depend on its content. */
type Terms = Omit<CreateClassParameters, 'metadataURI' | 'integrityHash' | 'policy'> & {
  readonly policy?: StoredPolicy;
};

async function prepareChain(context: Context, terms: Terms): Promise<OnChain> {
  const connection = await connect(context).catch((error: unknown) => {
    if (error instanceof BaseError && error.code === 'no_chain') {
      throw error.with({ hints: [...error.hints, 'Or leave the chain out: --no-chain'] });
    }
    throw error;
  });
  requireOwnOperators(connection.chainId, terms.policy?.policy.operators ?? []);
  const { signer, client, write } = await resolveWriter(
    context,
    connection,
    terms.kind === 'agent' ? 'operator' : 'contributor',
  );
  await client.checkClassTerms({ ...terms, metadataURI: '', integrityHash: zeroHash });
  return { connection, signer, write };
}

async function readContent(context: Context, path: string, store: ContentStore): Promise<Anchored> {
  const { onProgress, done } = anchorProgress(context.output, 'anchored');
  const hidden = context.options['hidden'] === true ? 'include' : 'skip';
  return anchorPath({ path, keccak256, store, onProgress, hidden })
    .catch((error: unknown) => {
      throw withHiddenOption(error);
    })
    .finally(done);
}

/** Where all files are hidden, how to take them in with this command. */
function withHiddenOption(error: unknown): unknown {
  if (!(error instanceof BaseError) || error.code !== 'anchor_empty' || !error.values['hiddenLeftOut']) return error;
  return error.with({ hints: ['Its hidden files were left out. Take them in with --hidden.'] });
}

async function describeContent(
  context: Context,
  {
    content,
    datePublished,
    parents,
    store,
    onChain,
  }: {
    content: Anchored;
    datePublished: string;
    parents: readonly ParentTerms[];
    store: ContentStore;
    onChain: OnChain | undefined;
  },
): Promise<{ metadataURI: string; manifest: Manifest }> {
  const name = textOption(context, 'name') ?? content.name;
  const named = listOption(context, 'creator');
  const creators = named.length > 0 ? named : [onChain?.signer.account.address ?? 'unknown'];
  const croissant = buildCroissant({
    name,
    description: textOption(context, 'description') ?? name,
    licence: textOption(context, 'licence') ?? 'NOASSERTION',
    datePublished,
    creators: creators.map((creator) => ({ name: creator })),
    parents: parents.map(({ classId }) => {
      const { chainId, contracts } = onChain!.connection;
      return { id: classIri(chainId, contracts.DataAnchoringToken, classId) };
    }),
    content,
  });
  const metadataURI = `ipfs://${await store.putJson(croissant, { sync: 'each' })}`;
  return { metadataURI, manifest: buildManifest({ ...content, name }, integrityHashOf(croissant, keccak256)) };
}

type NewAnchor = {
  readonly terms: Terms;
  readonly metadataURI: string;
  readonly manifest: Manifest;
  readonly manifestFile: string;
  readonly share: bigint;
};

async function putOnChain(
  context: Context,
  { connection, signer, write }: OnChain,
  { terms, metadataURI, manifest, manifestFile, share }: NewAnchor,
) {
  const { integrityHash } = manifest;
  const { classId, transactionHash } = await write('create the class', (client) =>
    client.createClass({ ...terms, metadataURI, integrityHash }),
  );
  const binding = {
    classId: String(classId),
    chainId: connection.chainId,
    contract: connection.contracts.DataAnchoringToken,
  };
  // Before the share: what there is, is kept and known, should the minting fail.
  writeManifest(manifestFile, bindManifest(manifest, binding));
  if (share === 0n) return { classId, transactionHash, shareTokenId: undefined };
  context.output.note(`class ${classId} is created; its share follows`);
  const holder = { classId, to: signer.account.address, shareRatio: share };
  const { tokenId } = await write('mint the share', (client) => client.mintShare(holder)).catch((error: unknown) => {
    throw withoutShare(error, { classId, share, manifestFile });
  });
  return { classId, transactionHash, shareTokenId: tokenId };
}

/** What failed, and that all but the share is done. */
function withoutShare(
  error: unknown,
  { classId, share, manifestFile }: { classId: bigint; share: bigint; manifestFile: string },
): unknown {
  if (!(error instanceof BaseError)) return error;
  return error.with({
    message: `Class ${classId} is created, but not its share. ${error.shortMessage}`,
    values: { classId, manifest: manifestFile },
    hints: [...error.hints, `Then mint it: kedge mint ${classId} --share ${share}`],
  });
}

/** The run that left the manifest may have been cut off after its transaction: no second class is made of it. */
async function requireNoClass({ connection, signer }: OnChain, file: string, existing: Manifest): Promise<void> {
  const { chainId, contracts, client } = connection;
  const created = await readEvents(client.publicClient, {
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    eventName: 'ClassCreated',
    fromBlock: firstBlockOf(client.deployment),
  });
  for (const { args } of created.filter((event) => event.args.integrityHash === existing.integrityHash)) {
    const { classId } = args;
    if (!isSameAddress((await client.getClass({ classId })).issuer, signer.account.address)) continue;
    const binding = { classId: String(classId), chainId, contract: contracts.DataAnchoringToken };
    writeManifest(file, bindManifest(existing, binding));
    throw new BaseError(`Class ${classId} was created from that manifest already, which is bound to it now.`, {
      code: 'class_exists',
      values: { classId, file },
      hints: [
        `Go on with that class: kedge mint ${classId} --share 1000`,
        'For another class of the same data name another file with --out.',
      ],
    });
  }
}
