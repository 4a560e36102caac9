export {
  auditSolvency,
  type AuditedAsset,
  type AuditedLedger,
  type AuditParameters,
  type AuditReport,
} from './audit/auditSolvency.js';
export type { Difference } from './audit/compareBooks.js';
export type { Clause, ClauseResult, Level, Profile } from './clause.js';
export type { Evidence } from './outcome.js';
export { clausesOf, sections } from './clauses/index.js';
export { runConformance, type ConformanceParameters, type ConformanceReport, type Counts } from './runConformance.js';
