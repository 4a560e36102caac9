import { bytesToHex, canonicalJson, labelHash, utf8, type Hex } from '@kedge/core';
import type { KedgeClient } from '@kedge/sdk';
import type { ContentStore } from '@kedge/store';
import { keccak256 } from '../../keccak256.js';
import type { DocsStep } from '../upState.js';
import { foundOr } from './foundOr.js';

const type = 'licence';

/** The contributor's own word on licence and integrity of the docs, and no more than that: nobody has verified it. */
export async function attestDocs(client: KedgeClient, store: ContentStore, docs: DocsStep): Promise<Hex> {
  const { classId, cid } = docs;
  const self = client.walletClient.account.address;
  const attestationType = labelHash(type, keccak256);
  return foundOr(
    async () => {
      // Its first: what others state, however much, is not looked at.
      const { items } = await client.getAttestations({ classId, attester: self });
      return items.find((each) => each.attestationType === attestationType)?.id;
    },
    async () => {
      const { integrityHash } = await client.getClass({ classId });
      const statement = {
        statement:
          'Self-attested by the contributor, verified by nobody: the anchored files are under the licence named here, ' +
          'and the metadata of the class has this integrity hash.',
        classId: String(classId),
        licence: 'MIT',
        cid,
        integrityHash,
      };
      const uri = `ipfs://${await store.putJson(statement, { sync: 'each' })}`;
      const statementHash = bytesToHex(keccak256(utf8(canonicalJson(statement))));
      await client.attest({ classId, type, statementHash, uri });
    },
  );
}
