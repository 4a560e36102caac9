export { runIndexer } from './runIndexer.js';
export {
  parseIndexerSettings,
  type IndexerContracts,
  type IndexerSettings,
  type IndexerSettingsInput,
} from './settings.js';
