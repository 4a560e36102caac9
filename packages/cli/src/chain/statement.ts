import { bytesToHex, type Hex } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { keccak256 } from '../keccak256.js';
import { readGivenFile } from '../readGivenFile.js';
import { dataPathsOf } from '../up/dataPaths.js';

/** The hash of a statement's bytes, and where they are. */
export type StoredStatement = { readonly statementHash: Hex; readonly uri: string; readonly bytes: number };

/** Reads a statement that somebody wrote. Without a URI of its own it goes into the content store. */
export async function storeStatement(
  { cwd, dataDir }: { readonly cwd: string; readonly dataDir: string },
  file: string,
  uri: string | undefined,
): Promise<StoredStatement> {
  const content = await readGivenFile(cwd, file);
  const statementHash = bytesToHex(keccak256(content));
  if (uri !== undefined) return { statementHash, uri, bytes: content.length };
  const store = createContentStore({ dir: dataPathsOf(dataDir).store });
  const cid = await store.putBytes(content, { sync: 'each' });
  return { statementHash, uri: `ipfs://${cid}`, bytes: content.length };
}
