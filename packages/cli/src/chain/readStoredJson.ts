import { BaseError } from '@kedge/core';
import { contentStoreOf } from '../contentStoreOf.js';

/** The JSON behind an `ipfs://` URI, from the content store of the data folder. */
export async function readStoredJson(dataDir: string, uri: string): Promise<unknown> {
  const cid = /^ipfs:\/\/([a-z0-9]+)$/.exec(uri)?.[1];
  if (cid !== undefined) return contentStoreOf(dataDir).getJson(cid);
  throw new BaseError(uri === '' ? 'There is no URI to read from.' : `${uri} cannot be read here.`, {
    code: 'uri_unsupported',
    hints: ['Kedge reads ipfs://<CID> from the content store in the data folder.'],
  });
}
