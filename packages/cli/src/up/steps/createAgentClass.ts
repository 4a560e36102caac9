import { integrityHashOf, policyHashOf, type Policy } from '@kedge/core';
import type { KedgeClient } from '@kedge/sdk';
import type { ContentStore } from '@kedge/store';
import { keccak256 } from '../../keccak256.js';
import { agentClassName, docsRoyaltyBps, shareRatio, unitDecimals } from '../demoTerms.js';
import type { AgentStep, DocsStep } from '../upState.js';
import { ensureClass, ensureShare } from './classes.js';

/**
 * The operator's agent class: its parent is the docs' class, which gets a royalty; its policy lies in the content store; a
 * share token for the operator.
 */
export async function createAgentClass(
  operator: KedgeClient,
  store: ContentStore,
  docs: DocsStep,
  policy: Policy,
): Promise<AgentStep> {
  const parents = [{ classId: docs.classId, royaltyBps: docsRoyaltyBps }];
  const metadata = {
    format: 'kedge-class/1',
    name: agentClassName,
    description: 'Answers questions about Kedge from its anchored documentation, and cites file and section.',
    kind: 'agent',
    licence: policy.licence,
    models: policy.models,
    parents: parents.map(({ classId, royaltyBps }) => ({ classId: String(classId), royaltyBps })),
  };
  const policyCid = await store.putJson(policy, { sync: 'each' });
  const policyHash = policyHashOf(policy, keccak256);
  const classId = await ensureClass(operator, {
    kind: 'agent',
    metadataURI: `ipfs://${await store.putJson(metadata, { sync: 'each' })}`,
    integrityHash: integrityHashOf(metadata, keccak256),
    unitDecimals,
    policy: { uri: `ipfs://${policyCid}`, hash: policyHash },
    parents,
    options: { shareCap: shareRatio },
  });
  return { name: agentClassName, classId, shareTokenId: await ensureShare(operator, classId), policyCid, policyHash };
}
