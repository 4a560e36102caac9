import { keccak256 as viemKeccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import {
  buildCroissant,
  classIri,
  croissantSchema,
  integrityHashOf,
  parseCroissant,
  zeroHash,
  type AnchoredContent,
  type Croissant,
} from '../src/index.js';

const keccak256 = (bytes: Uint8Array): Uint8Array => viemKeccak256(bytes, 'bytes');
// The empty raw block, and the empty folder: their digests are in the CIDs.
const emptyFile = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const emptyFolder = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';

const fileOf = (path: string) => ({ path, size: 0, sha256: emptySha256, cid: emptyFile, chunks: [emptySha256] });
const contentOf = (paths: string[]): AnchoredContent => ({
  name: 'docs',
  kind: 'folder',
  cid: emptyFolder,
  merkleRoot: zeroHash,
  size: 0,
  chunkSize: 1024,
  hidden: 'skip',
  files: paths.map(fileOf),
  emptyFolders: [],
});
const inputOf = (content: AnchoredContent) => ({
  name: 'Docs',
  description: 'Pages.',
  licence: 'https://spdx.org/licenses/MIT.html',
  datePublished: '2026-01-31',
  creators: [{ name: 'Ada' }],
  content,
});

describe('Croissant 1.1', () => {
  it('describes a folder by its root, one set for each kind of file, and every file', () => {
    const croissant = buildCroissant(inputOf(contentOf(['LICENSE', 'a b.md', 'd/é.CSV', 'x.md'])));
    expect(croissant).toMatchObject({
      '@type': 'sc:Dataset',
      conformsTo: 'http://mlcommons.org/croissant/1.1',
      license: 'https://spdx.org/licenses/MIT.html',
      url: `ipfs://${emptyFolder}`,
      creator: [{ '@type': 'sc:Person', name: 'Ada' }],
    });
    expect(croissant.distribution.map((item) => [item['@id'], item['encodingFormat']])).toEqual([
      ['folder', 'application/vnd.ipld.dag-pb'],
      ['set', 'application/octet-stream'],
      ['set/CSV', 'text/csv'],
      ['set/md', 'text/markdown'],
      ['file/LICENSE', 'application/octet-stream'],
      ['file/a%20b.md', 'text/markdown'],
      ['file/d/%C3%A9.CSV', 'text/csv'],
      ['file/x.md', 'text/markdown'],
    ]);
    expect(croissant.distribution[0]).toMatchObject({
      // SHA-256 of the four bytes of an empty folder's node, 0a 02 08 01.
      sha256: '59948439065f29619ef41280cbb932be52c56d99c5966b65e0111239f098bbef',
    });
    expect(croissant.distribution[4]).toMatchObject({
      contentUrl: `ipfs://${emptyFile}`,
      contentSize: '0 B',
      sha256: emptySha256,
    });
  });

  it('lists no single files beyond a thousand, and still fixes them by the root', () => {
    const many = buildCroissant(inputOf(contentOf(Array.from({ length: 1001 }, (_, index) => `${index}.txt`))));
    expect(many.distribution.map((item) => item['@type'])).toEqual(['cr:FileObject', 'cr:FileSet']);
  });

  it('describes more kinds of files than that, such as numbered parts, by one set', () => {
    const parts = Array.from({ length: 1001 }, (_, index) => `part.${String(index).padStart(4, '0')}`);
    const { distribution } = buildCroissant(inputOf(contentOf(parts)));
    expect(distribution.map((item) => [item['@id'], item['@type']])).toEqual([
      ['folder', 'cr:FileObject'],
      ['set', 'cr:FileSet'],
    ]);
    expect(distribution[1]).toMatchObject({ includes: ['*', '**/*'] });
  });

  it('describes files whose extensions are names of what every object has', () => {
    const names = ['a.__proto__', 'a.constructor', 'a.hasownproperty'];
    const { distribution } = buildCroissant(inputOf(contentOf(names)));
    expect(new Set(distribution.slice(1).map((item) => item.encodingFormat))).toEqual(
      new Set(['application/octet-stream']),
    );
  });

  it('finds the files of a set in the root and below it, and takes no letter of their extension for a pattern', () => {
    const { distribution } = buildCroissant(inputOf(contentOf(['a.md', 'b.[1]*?', 'README'])));
    expect(distribution.slice(1, 4).map((item) => [item['includes'], item['excludes']])).toEqual([
      [
        ['*', '**/*'],
        ['*.*', '**/*.*'],
      ],
      [['*.[[]1[]][*][?]', '**/*.[[]1[]][*][?]'], undefined],
      [['*.md', '**/*.md'], undefined],
    ]);
  });

  it('is of the vocabulary that published datasets have, and the reference reader takes', () => {
    const { '@context': context } = buildCroissant(inputOf(contentOf(['a.md'])));
    expect(context).toMatchObject({ '@vocab': 'https://schema.org/', sc: 'https://schema.org/' });
  });

  it('describes a single file without a folder around it', () => {
    const content = { ...contentOf(['a.txt']), kind: 'file', cid: emptyFile } as const;
    expect(buildCroissant(inputOf(content)).distribution).toHaveLength(1);
  });

  it('names the parents of the lineage, in schema.org and in PROV', () => {
    const id = classIri(31_337, `0x${'Ab'.repeat(20)}`, 7n);
    expect(id).toBe(`eip155:31337/erc8028:0x${'ab'.repeat(20)}/7`);
    const croissant = buildCroissant({ ...inputOf(contentOf(['a'])), parents: [{ id, name: 'Source' }] });
    // One node alone is a dataset: the reference reader takes the first of them for the one that is described.
    expect(croissant['isBasedOn']).toEqual([{ '@type': 'sc:CreativeWork', '@id': id, name: 'Source' }]);
    expect(croissant['prov:wasDerivedFrom']).toEqual([{ '@id': id }]);
    expect(buildCroissant(inputOf(contentOf(['a'])))).not.toHaveProperty('isBasedOn');
  });

  it('has an integrity hash that depends on content and not on the order of keys', () => {
    const croissant = buildCroissant(inputOf(contentOf(['a.md'])));
    const hash = integrityHashOf(croissant, keccak256);
    const reversed = Object.fromEntries(Object.entries(croissant).toReversed());
    expect(integrityHashOf(reversed, keccak256)).toBe(hash);
    expect(integrityHashOf(parseCroissant(JSON.parse(JSON.stringify(croissant))), keccak256)).toBe(hash);
    expect(integrityHashOf({ ...croissant, name: 'Doc' }, keccak256)).not.toBe(hash);
    expect(hash).toMatchInlineSnapshot(`"0xe2777c0f5866f916343e17aacdb752a2cbb3e7470ebb3c99f2dc8c5fe4cd28bd"`);
  });

  it('refuses what the specification requires and is not there', () => {
    const valid = buildCroissant(inputOf(contentOf(['a.md'])));
    for (const field of ['@context', '@type', 'conformsTo', 'name', 'description', 'license', 'url', 'creator']) {
      const { [field]: _, ...rest } = valid as Croissant & Record<string, unknown>;
      expect(croissantSchema.safeParse(rest).success, field).toBe(false);
    }
    expect(() => buildCroissant({ ...inputOf(contentOf(['a'])), datePublished: 'yesterday' })).toThrow(/datePublished/);
    expect(() => buildCroissant({ ...inputOf(contentOf(['a'])), creators: [] })).toThrow(/creator/);
    expect(() => parseCroissant({ ...valid, conformsTo: 'http://mlcommons.org/croissant/1.0' })).toThrow(/conformsTo/);
  });

  it('refuses checksums that are not SHA-256, identifiers used twice and references to nothing', () => {
    const valid = buildCroissant(inputOf(contentOf(['a.md'])));
    const [folder, set, file] = valid.distribution;
    const withItems = (distribution: unknown[]) => () => parseCroissant({ ...valid, distribution });
    // The specification's own examples carry 32 and 40 digits here.
    expect(withItems([{ ...file, sha256: 'b8b0b76783024b85797e5cc75064eb83' }])).toThrow(/64/);
    expect(withItems([folder, folder])).toThrow(/twice/);
    expect(withItems([set])).toThrow(/folder is not there/);
    expect(withItems([])).toThrow(/distribution/);
  });
});
