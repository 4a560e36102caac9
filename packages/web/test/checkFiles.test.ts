import { integrityHashOf } from '@kedge/core';
import { keccak256 } from 'viem';
import { expect, test } from 'vitest';
import { anchoredFilesOf, checkFiles } from '../src/pages/class/checkFiles.js';

const sha = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'; // of "hello world"
const metadata = {
  distribution: [
    { '@type': 'cr:FileObject', '@id': 'folder', name: 'data', sha256: 'ff' },
    { '@type': 'cr:FileObject', '@id': 'file/a', name: 'notes/hello.txt', sha256: sha },
    { '@type': 'cr:FileSet', '@id': 'set/txt', name: 'all' },
  ],
};
const hash = integrityHashOf(metadata, (bytes) => keccak256(bytes, 'bytes'));

test('the files of the metadata are those with a name and a hash; the folder itself is none', () => {
  expect(anchoredFilesOf(metadata)).toEqual([{ path: 'notes/hello.txt', sha256: sha }]);
  expect(anchoredFilesOf(null)).toEqual([]);
});

test('metadata of anybody are read as far as they name files', () => {
  expect(anchoredFilesOf('text')).toEqual([]);
  expect(anchoredFilesOf({ distribution: [null, 1, 'x', [], ...metadata.distribution] })).toHaveLength(1);
});

test('a file is the anchored one by its content, whatever its name is here', async () => {
  const findings = await checkFiles(
    [new File(['hello world'], 'renamed.txt'), new File(['hello World'], 'hello.txt'), new File(['x'], 'other.txt')],
    metadata,
    hash,
  );
  expect(findings.map(({ kind }) => kind)).toEqual(['same', 'changed', 'unknown']);
  expect(findings[0]).toMatchObject({ path: 'notes/hello.txt', sha256: sha, size: 11 });
});

test('metadata that are not the anchored ones prove nothing', async () => {
  const forged = { distribution: [{ '@type': 'cr:FileObject', '@id': 'file/a', name: 'x', sha256: sha }] };
  await expect(checkFiles([new File(['hello world'], 'x')], forged, hash)).rejects.toMatchObject({
    code: 'metadata_differs',
  });
});
