export type { IndexerContracts } from './indexedContracts.js';
export { runIndexer } from './runIndexer.js';
export { parseIndexerSettings, type IndexerSettings, type IndexerSettingsInput } from './settings.js';
