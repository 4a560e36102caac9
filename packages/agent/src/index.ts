export { readAgentConfig, type AgentConfig } from './agentConfig.js';
export { agentModel, createAgent, type Agent, type AgentOptions } from './createAgent.js';
export { createSectionIndex, type RankedSection, type SectionIndex } from './createSectionIndex.js';
export { isAnswerable } from './isAnswerable.js';
export { loadDocuments, type AnchoredDocument, type DocumentEntry, type ReadFile } from './loadDocuments.js';
export { loadManifests } from './loadManifests.js';
export { splitSections, type Passage, type Section } from './splitSections.js';
