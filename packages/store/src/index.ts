export { anchorPath, type Anchored, type AnchorPathOptions, type AnchorProgress } from './anchorPath.js';
export { createContentStore, type ContentStore, type PutOptions } from './createContentStore.js';
export { fileCidOf } from './fileCidOf.js';
export { verifyPath, type ChunkRange, type Verification, type VerifyFinding } from './verifyPath.js';
