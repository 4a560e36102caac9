import { createContentStore, type ContentStore } from '@kedge/store';
import { dataPathsOf } from './files/dataPaths.js';

/** The content store of a data folder. */
export function contentStoreOf(dataDir: string): ContentStore {
  return createContentStore({ dir: dataPathsOf(dataDir).store });
}
