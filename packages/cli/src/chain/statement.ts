import { bytesToHex, type Hex } from '@kedge/core';
import { contentStoreOf } from '../contentStoreOf.js';
import { readGivenFile } from '../files/readGivenFile.js';
import { keccak256 } from '../keccak256.js';

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
  const store = contentStoreOf(dataDir);
  const cid = await store.putBytes(content, { sync: 'each' });
  return { statementHash, uri: `ipfs://${cid}`, bytes: content.length };
}
