import * as z from 'zod';
import { canonicalJson } from './canonicalJson.js';
import { croissantContext } from './croissantContext.js';
import { bytesToHex, utf8, type Address, type Hasher, type Hex } from './hex.js';
import type { AnchoredContent } from './manifest.js';
import { mediaTypeOf, extensionOf } from './mediaType.js';
import { parseWith } from './schemas.js';

const croissantVersion = 'http://mlcommons.org/croissant/1.1';

/** More files than this are described by sets, and more sets by a single one; the root's CID still fixes every byte. */
const croissantLimit = 1000;

/** A parent in the lineage. `id` is an IRI: {@link classIri} for a class of ours, a URL for anything else. */
export type CroissantParent = { readonly id: string; readonly name?: string };
export type CroissantCreator = {
  readonly name: string;
  readonly url?: string;
  readonly kind?: 'person' | 'organization';
};

export type CroissantInput = {
  readonly name: string;
  readonly description: string;
  /** URL of a known licence, preferably at https://spdx.org/licenses/, or its SPDX identifier. */
  readonly licence: string;
  /** ISO 8601 date or date and time; the core has no clock. */
  readonly datePublished: string;
  /** At least one: Croissant requires it. */
  readonly creators: readonly CroissantCreator[];
  /** Page about the dataset; `ipfs://<root CID>` by default. */
  readonly url?: string;
  readonly version?: string;
  readonly keywords?: readonly string[];
  readonly parents?: readonly CroissantParent[];
  readonly content: AnchoredContent;
};

const text = z.string().min(1);
const oneOrMany = <schema extends z.ZodType>(schema: schema) => z.union([schema, z.array(schema).min(1)]);
/** A reference `{ '@id' }`, or a data source in full. */
const container = z.looseObject({ '@id': text.exactOptional() });
const localized = z.union([text, z.record(z.string(), z.string())]);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}(T.+)?$/, 'expected an ISO 8601 date');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');

const fileObject = z.looseObject({
  '@type': z.literal('cr:FileObject'),
  '@id': text,
  name: localized.exactOptional(),
  contentUrl: text,
  contentSize: text.exactOptional(),
  encodingFormat: oneOrMany(text),
  sha256: sha256.exactOptional(),
  containedIn: oneOrMany(container).exactOptional(),
});
const fileSet = z.looseObject({
  '@type': z.literal('cr:FileSet'),
  '@id': text,
  name: localized.exactOptional(),
  encodingFormat: oneOrMany(text),
  includes: oneOrMany(text),
  excludes: oneOrMany(text).exactOptional(),
  containedIn: oneOrMany(container).exactOptional(),
});

/**
 * Profile of Croissant 1.1: the dataset-level properties that the specification requires, and a distribution whose
 * identifiers are unique, whose references resolve, and whose checksums have 64 digits. Everything else is let through.
 */
export const croissantSchema = z
  .looseObject({
    '@context': z.looseObject({}),
    '@type': z.enum(['sc:Dataset', 'Dataset', 'http://schema.org/Dataset', 'https://schema.org/Dataset']),
    conformsTo: oneOrMany(text).refine(
      (value) => value === croissantVersion || (Array.isArray(value) && value.includes(croissantVersion)),
      `expected ${croissantVersion}`,
    ),
    name: localized,
    description: localized,
    license: oneOrMany(z.union([text, z.looseObject({})])),
    url: text,
    creator: oneOrMany(z.looseObject({})),
    datePublished: date,
    distribution: z.array(z.discriminatedUnion('@type', [fileObject, fileSet])).min(1),
  })
  .superRefine((croissant, context) => {
    const ids = new Set<string>();
    for (const item of croissant.distribution) {
      if (ids.has(item['@id'])) context.addIssue({ code: 'custom', message: `distribution: ${item['@id']} twice` });
      ids.add(item['@id']);
    }
    for (const item of croissant.distribution) {
      for (const { '@id': id } of [item.containedIn ?? []].flat()) {
        if (id !== undefined && !ids.has(id))
          context.addIssue({ code: 'custom', message: `distribution: ${id} is not there` });
      }
    }
  });
export type Croissant = z.output<typeof croissantSchema>;

/** Parses Croissant metadata. Throws BaseError `croissant_invalid` naming the offending fields. */
export function parseCroissant(value: unknown): Croissant {
  return parseWith(croissantSchema, value, { what: 'The Croissant metadata', code: 'croissant_invalid' });
}

/**
 * Describes anchored content as Croissant 1.1 JSON-LD. Equal input gives equal metadata, so equal {@link integrityHashOf}.
 *
 * @throws BaseError `croissant_invalid` when a required text is empty or the date is not ISO 8601
 *
 * @example
 * const croissant = buildCroissant({
 *   name: 'Docs', description: 'Pages about Kedge.', licence: 'https://spdx.org/licenses/MIT.html',
 *   datePublished: '2026-01-31', creators: [{ name: 'Ada' }], content,
 * });
 */
export function buildCroissant(input: CroissantInput): Croissant {
  const { content } = input;
  const parents = input.parents ?? [];
  return parseCroissant({
    '@context': croissantContext,
    '@type': 'sc:Dataset',
    conformsTo: croissantVersion,
    name: input.name,
    description: input.description,
    license: input.licence,
    url: input.url ?? `ipfs://${content.cid}`,
    creator: input.creators.map((creator) => ({
      '@type': creator.kind === 'organization' ? 'sc:Organization' : 'sc:Person',
      name: creator.name,
      ...(creator.url === undefined ? {} : { url: creator.url }),
    })),
    datePublished: input.datePublished,
    ...(input.version === undefined ? {} : { version: input.version }),
    ...(input.keywords === undefined ? {} : { keywords: [...input.keywords] }),
    identifier: [
      { '@type': 'sc:PropertyValue', propertyID: 'cid', value: content.cid },
      { '@type': 'sc:PropertyValue', propertyID: 'merkleRoot', value: content.merkleRoot },
    ],
    ...(parents.length === 0
      ? {}
      : {
          // The reference reader takes any node of the type Dataset for the one that is described.
          isBasedOn: parents.map(({ id, name }) => ({
            '@type': 'sc:CreativeWork',
            '@id': id,
            ...(name === undefined ? {} : { name }),
          })),
          'prov:wasDerivedFrom': parents.map(({ id }) => ({ '@id': id })),
        }),
    distribution: distributionOf(content),
  });
}

/** keccak-256 of the canonical JSON (RFC 8785) of the metadata: the class's `integrityHash` on chain. */
export function integrityHashOf(croissant: unknown, keccak256: Hasher): Hex {
  return bytesToHex(keccak256(utf8(canonicalJson(croissant))));
}

/** Names a class for lineage, in the form of CAIP-19: `eip155:<chain>/erc8028:<contract>/<class>`. */
export function classIri(chainId: number, contract: Address, classId: bigint): string {
  return `eip155:${chainId}/erc8028:${contract.toLowerCase()}/${classId}`;
}

function distributionOf(content: AnchoredContent): object[] {
  const files = content.files.map((file) => ({
    '@type': 'cr:FileObject',
    '@id': `file/${file.path.split('/').map(encodeURIComponent).join('/')}`,
    name: file.path,
    contentUrl: `ipfs://${file.cid}`,
    contentSize: `${file.size} B`,
    encodingFormat: mediaTypeOf(file.path),
    sha256: file.sha256,
  }));
  if (content.kind === 'file') return files;
  const root = {
    '@type': 'cr:FileObject',
    '@id': 'folder',
    name: content.name,
    description: 'The UnixFS folder. The checksum is that of its root block, whose links fix every file below it.',
    contentUrl: `ipfs://${content.cid}`,
    encodingFormat: 'application/vnd.ipld.dag-pb',
    sha256: sha256OfCid(content.cid),
  };
  return [root, ...fileSetsOf(content), ...(files.length > croissantLimit ? [] : files)];
}

/** One set for each kind of file, by the end of its name; one for all where there are too many, as of numbered parts. */
function fileSetsOf(content: AnchoredContent): object[] {
  const extensions = [...new Set(content.files.map((file) => extensionOf(file.path)))].toSorted();
  if (extensions.length > croissantLimit) return [setOf('set', 'All files', { includes: anywhere('*') })];
  return extensions.map((extension) =>
    extension === ''
      ? setOf('set', 'Files without an extension', { includes: anywhere('*'), excludes: anywhere('*.*') })
      : setOf(`set/${encodeURIComponent(extension)}`, `Files *.${extension}`, {
          encodingFormat: mediaTypeOf(`x.${extension}`),
          includes: anywhere(`*.${extension.replaceAll(/[*?[\]{}]/g, '[$&]')}`),
        }),
  );
}

type FileSetFields = {
  readonly encodingFormat?: string;
  readonly includes: readonly string[];
  readonly excludes?: readonly string[];
};

function setOf(id: string, name: string, fields: FileSetFields): object {
  return {
    '@type': 'cr:FileSet',
    '@id': id,
    name,
    containedIn: { '@id': 'folder' },
    encodingFormat: mediaTypeOf(''),
    ...fields,
  };
}

/** A pattern in the root and below it: readers differ in whether `**` stands for no folder, too. */
function anywhere(pattern: string): string[] {
  return [pattern, `**/${pattern}`];
}

/** The SHA-256 digest inside a base32 CIDv1: its last 32 bytes. */
function sha256OfCid(cid: string): string {
  let bits = 0n;
  for (const letter of cid.slice(1)) bits = (bits << 5n) | BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter));
  const padding = BigInt(((cid.length - 1) * 5) % 8);
  return ((bits >> padding) & ((1n << 256n) - 1n)).toString(16).padStart(64, '0');
}
