import type { Hex } from '@kedge/core';
import type { Abi } from 'viem';
import { NotApplicable, type Clause } from '../clause.js';
import { erc721Abi, proofAbi } from '../draftAbi.js';
import { metric, offChain, valueToken } from '../lab/fixtures.js';
import { attempt, emitted, prepare, shared, succeed, type Lab } from '../lab/lab.js';

/** What ERC-165 says; false where it says nothing. */
export async function supports(lab: Lab, interfaceId: Hex): Promise<boolean> {
  const call = { name: 'supportsInterface', args: [interfaceId], to: lab.target, abi: erc721Abi as Abi };
  const { reverted, data } = await attempt(lab, lab.actors.stranger.address, call);
  return !reverted && data.length === 66 && BigInt(data) === 1n;
}

const extension = (id: string, words: string, name: string, ...interfaceIds: readonly Hex[]): Clause => ({
  id: `D8.${id}`,
  section: '8',
  level: 'MAY',
  words,
  note: `Offered where ERC-165 says so (${interfaceIds.join(', ')}).`,
  check: async (lab) => {
    for (const interfaceId of interfaceIds) if (await supports(lab, interfaceId)) return `offers ${interfaceId}`;
    throw new NotApplicable(`not offered: ${name}`);
  },
});

const proofArgs = (tokenId: bigint) => [tokenId, metric, 'ipfs://proof', '0x1234'] as const;

/** A proof was added; not applicable when the registry is not there. */
function addProof(lab: Lab) {
  return shared(lab, 'proof', async () => {
    const tokenId = await valueToken(lab);
    const call = { name: 'addProof', args: proofArgs(tokenId), abi: proofAbi as Abi, to: lab.target };
    if ((await attempt(lab, lab.actors.alice.address, call)).reverted) {
      throw new NotApplicable('the optional proof registry is not offered, or not to the holder');
    }
    return { tokenId, done: await prepare('no proof could be added', () => succeed(lab, lab.actors.alice, call)) };
  });
}

/** Sections 2 and 8 to 10: what is optional. */
export const optionalClauses: readonly Clause[] = [
  extension('erc3525', '**[ERC-3525](./eip-3525.md) profile:** map `classId → slot`', 'ERC-3525', '0xd5358140'),
  extension('erc2981', '**[ERC-2981](./eip-2981.md) views:** discovery-only royalties', 'ERC-2981', '0x2a55205a'),
  extension(
    'rental',
    '**[ERC-4907](./eip-4907.md)/[ERC-5006](./eip-5006.md):** reuse rental/user roles',
    'ERC-4907 and ERC-5006',
    '0xad092b5c',
    '0xc26d96cc',
  ),
  extension(
    'metadata',
    '**[ERC-2477](./eip-2477.md)/[ERC-4906](./eip-4906.md):** integrity commitments and metadata update events',
    'ERC-2477 and ERC-4906',
    '0x49064906',
    '0x832a7e0e',
  ),
  {
    id: 'D9.emits',
    section: '9',
    level: 'MAY',
    words: 'event ProofAdded(uint256 indexed tokenId, bytes32 proofType, string uri, bytes signature);',
    check: async (lab) => {
      const { tokenId, done } = await addProof(lab);
      const [, proofType, uri, signature] = proofArgs(tokenId);
      emitted(lab, done, 'ProofAdded', { tokenId, proofType, uri, signature }, proofAbi as Abi);
    },
  },
  {
    id: 'D9.uri',
    section: '9',
    level: 'SHOULD',
    words: '`uri` SHOULD reference proof blob; `signature` SHOULD bind submitter authorization',
    check: async (lab) => {
      await addProof(lab);
      return offChain('what a URI leads to, and what a signature is over,');
    },
  },
  {
    id: 'D9.access',
    section: '9',
    level: 'MAY',
    words: 'Access MAY be restricted to owner/approved operator/DAO controller',
    check: async (lab) => {
      const { tokenId } = await addProof(lab);
      const call = { name: 'addProof', args: proofArgs(tokenId), abi: proofAbi as Abi, to: lab.target };
      const { reverted } = await attempt(lab, lab.actors.stranger.address, call);
      return `a stranger ${reverted ? 'may not' : 'may'} add a proof`;
    },
  },
  {
    id: 'D10.policy',
    section: '10',
    level: 'MAY',
    words:
      'A JSON at `policyURI` MAY define units & throttling, authorized operators, compliance constraints, and settlement assets/splits.',
    check: async () => offChain('a document at a URI'),
  },
  {
    id: 'D10.versioned',
    section: '10',
    level: 'SHOULD',
    words: 'The policy SHOULD be versioned and bound by `integrityHash` or metadata commitment.',
    check: async () => offChain('whether a document at a URI is versioned and bound'),
  },
];
