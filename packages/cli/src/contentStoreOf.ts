import { createContentStore, type ContentStore } from '@kedge/store';
import { dataPathsOf } from './up/dataPaths.js';

/** The content store of a data folder. */
export function contentStoreOf(dataDir: string): ContentStore {
  return createContentStore({ dir: dataPathsOf(dataDir).store });
}
