import type { Address, Hex } from '@kedge/core';
import type { Abi } from 'viem';
import type { Clause } from '../clause.js';
import { NotApplicable } from '../outcome.js';
import { erc721Abi } from '../draftAbi.js';
import { offChain } from '../lab/fixtures.js';
import { attempt, type Lab, type Seen } from '../lab/lab.js';

/** What ERC-165 says; false where it says nothing. `to` is the target where it is left out. */
export async function supports(lab: Lab, interfaceId: Hex, to: Address = lab.target): Promise<Seen<boolean>> {
  const call = { name: 'supportsInterface', args: [interfaceId], to, abi: erc721Abi as Abi };
  const { reverted, data, evidence } = await attempt(lab, lab.actors.stranger, call);
  return { value: !reverted && data.length === 66 && BigInt(data) === 1n, evidence };
}

const extension = (id: string, words: string, name: string, ...interfaceIds: readonly Hex[]): Clause => ({
  id: `D8.${id}`,
  section: '8',
  level: 'MAY',
  words,
  note: `Offered where ERC-165 says so (${interfaceIds.join(', ')}).`,
  check: async (lab) => {
    for (const interfaceId of interfaceIds)
      if ((await supports(lab, interfaceId)).value) return `offers ${interfaceId}`;
    throw new NotApplicable(`not offered: ${name}`);
  },
});

/** Sections 8 and 10: what is optional. */
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
