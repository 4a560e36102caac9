import type { TokenDetail } from '@kedge/core';
import { showMoment } from '../../ui/format.js';

type Announced = Pick<TokenDetail, 'tokenId' | 'revocation'>;

/** A revocation that is announced, while its holder has time to object: once that is over, the indexer does not say whether it lapsed. */
export function RevocationNotice({ tokenId, revocation }: Announced) {
  if (revocation === null || revocation.revokedAt !== null) return null;
  const { effectiveAt, reason, statement } = revocation;
  if (effectiveAt * 1000 <= Date.now()) return null;
  return (
    <p className="callout warn">
      The issuer may revoke this token from {showMoment(effectiveAt)} on: <bdi>{reason}</bdi>.{' '}
      {statement === null ? (
        <>
          Until then its holder can object, once: <code>kedge token appeal {String(tokenId)}</code>
        </>
      ) : (
        <>
          Its holder objected: <bdi>{statement}</bdi>
        </>
      )}
    </p>
  );
}
