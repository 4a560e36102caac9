export type { Clause, ClauseResult, Evidence, Level, Profile } from './clause.js';
export { clausesOf, sectionTitles } from './clauses/index.js';
export { runConformance, type ConformanceParameters, type ConformanceReport, type Counts } from './runConformance.js';
