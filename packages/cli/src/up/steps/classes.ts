import { dataAnchoringTokenAbi, isSameAddress } from '@kedge/core';
import type { CreateClassParameters, KedgeClient } from '@kedge/sdk';
import { shareRatio } from '../demoTerms.js';
import { foundOr } from './foundOr.js';

/** The class of this issuer with this integrity hash, made if there is none. */
export function ensureClass(client: KedgeClient, terms: CreateClassParameters): Promise<bigint> {
  const token = { address: client.deployment.contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
  return foundOr(
    async () => {
      const args = { issuer: client.walletClient.account.address };
      const [own, created] = await Promise.all([
        client.publicClient.getContractEvents({
          ...token,
          eventName: 'ClassConfigured',
          args,
          fromBlock: 0n,
          strict: true,
        }),
        client.publicClient.getContractEvents({ ...token, eventName: 'ClassCreated', fromBlock: 0n, strict: true }),
      ]);
      const ids = new Set(own.map((event) => event.args.classId));
      const wanted = created.find(
        ({ args: { classId, integrityHash } }) => ids.has(classId) && integrityHash === terms.integrityHash,
      );
      return wanted?.args.classId;
    },
    () => client.createClass(terms),
  );
}

/** The issuer's share token of its class, minted if there is none. */
export function ensureShare(client: KedgeClient, classId: bigint): Promise<bigint> {
  const token = { address: client.deployment.contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
  const to = client.walletClient.account.address;
  return foundOr(
    async () => {
      const filter = { eventName: 'Minted', args: { classId }, fromBlock: 0n, strict: true } as const;
      const minted = await client.publicClient.getContractEvents({ ...token, ...filter });
      return minted.find(({ args }) => args.shareRatio > 0n && isSameAddress(args.to, to))?.args.tokenId;
    },
    () => client.mintShare({ classId, to, shareRatio }),
  );
}
