import type { ClassSummary } from '@kedge/core';

/** A class, as the indexer lists it. */
export const someClass: ClassSummary = {
  classId: 7n,
  kind: 'dataset',
  name: 'A dataset',
  description: null,
  licence: 'MIT',
  issuer: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  metadataURI: '',
  integrityHash: `0x${'00'.repeat(32)}`,
  unitDecimals: 3,
  policyVersion: 1,
  royaltyBps: 0,
  parents: [],
  childCount: 0,
  tokenCount: 0,
  totalShare: 0n,
  shareCap: 0n,
  dilutable: false,
  price: null,
  usage: { units: 0n, paidUnits: 0n, selfReportedUnits: 0n, records: 0 },
  revenue: [],
  trend: { start: 0, width: 1, units: [], revenue: [] },
  createdAt: 0,
};
