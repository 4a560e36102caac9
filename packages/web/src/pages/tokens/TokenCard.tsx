import {
  isRefundable,
  isSameAddress,
  type Address,
  type Price,
  type TokenDetail,
  type TokenSummary,
} from '@kedge/core';
import { buyForm } from '../../actions/forms/buyForm.js';
import { openChannelForm } from '../../actions/forms/channelForms.js';
import { refundForm } from '../../actions/forms/refundForm.js';
import { splitForm, transferTokenForm, transferValueForm } from '../../actions/forms/transferForms.js';
import { useTransactionDialog } from '../../actions/TransactionProvider.js';
import { useConfig } from '../../app/configContext.js';
import { linkTo } from '../../app/router.js';
import { mainOf, namedOf, othersOf } from '../../data/mainOf.js';
import { tokenText } from '../../data/tokenText.js';
import { useAssets } from '../../data/useAssets.js';
import { useIndexed } from '../../data/useIndexed.js';
import { ClassName } from '../../ui/ClassName.js';
import { grouped, showUnits } from '../../ui/format.js';
import { OtherAmounts } from '../../ui/OtherAmounts.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { ApiKeys } from './ApiKeys.js';
import { ChannelTable } from './ChannelTable.js';
import { earningShareOf } from './earningShareOf.js';
import { expiryOf } from './expiryOf.js';
import { RevocationNotice } from './RevocationNotice.js';
import { shareWords } from './shareWords.js';

/** One token: what is on it, what backs it, its channels, and what can be done with it. */
export function TokenCard({ token }: { token: TokenSummary }) {
  const { tokenId, classId, className, kind, unitDecimals, value, lockedUnits, spentUnits, share, shareState } = token;
  const { expireAt, policyVersion, claimable } = token;
  const { data: detail } = useIndexed('token', { tokenId });
  const price = detail?.lotTerms?.price;
  const mainClaim = mainOf(claimable, price?.asset);
  const { show } = useAssets([...namedOf(claimable, mainClaim), ...(price === undefined ? [] : [price.asset])]);
  const now = Date.now() / 1000;
  const isExpired = expireAt !== 0 && expireAt < now;
  const expiry = expiryOf(token, now);
  const units = (amount: bigint): string => showUnits(amount, unitDecimals);
  return (
    <article
      className="card stack token"
      aria-label={`Token ${tokenText(tokenId)} of ${className ?? `class ${classId}`}`}
    >
      <div className="row between">
        <div className="row">
          <span className={`pill ${kind}`}>{kind}</span>
          <h2>
            <a href={linkTo('class', classId)}>
              <ClassName classId={classId} name={className} />
            </a>
          </h2>
          <span className="muted small mono" title={`Token ${tokenId}`}>
            #{tokenText(tokenId)}
          </span>
        </div>
        <span className="row">
          {earningShareOf(token) > 0n && <span className="pill">share</span>}
          {token.backed && <span className="pill">backed</span>}
          <span className={expiry.isOver ? 'pill bad' : 'pill'}>{expiry.text}</span>
        </span>
      </div>
      <dl className="token-numbers">
        <div>
          <dt>Value</dt>
          <dd>{units(value)}</dd>
        </div>
        <div>
          <dt>In channels</dt>
          <dd>{units(lockedUnits)}</dd>
        </div>
        <div>
          <dt>Used</dt>
          <dd>{units(spentUnits)}</dd>
        </div>
        <div>
          <dt>Backing</dt>
          <dd>{detail === undefined ? '…' : price === undefined ? '–' : show(price.asset, backingOf(token, price))}</dd>
        </div>
        <div>
          <dt>Share</dt>
          <dd>
            {grouped(String(share))}
            {shareWords[shareState] !== undefined && <small> {shareWords[shareState]}</small>}
          </dd>
        </div>
        <div>
          <dt>Claimable</dt>
          <dd>
            {mainClaim === undefined ? (
              '–'
            ) : (
              <a href={linkTo('earnings')}>
                {show(mainClaim.asset, mainClaim.amount)}
                <OtherAmounts
                  amounts={othersOf(claimable, mainClaim).map(({ asset, amount }) => show(asset, amount))}
                />
              </a>
            )}
          </dd>
        </div>
        <div>
          <dt>Policy</dt>
          <dd>version {policyVersion}</dd>
        </div>
      </dl>
      {detail !== undefined && <RevocationNotice tokenId={tokenId} revocation={detail.revocation} />}
      <Actions token={token} detail={detail} isExpired={isExpired} />
      {detail === undefined && token.backed && <Skeleton height={104} />}
      {detail !== undefined && detail.channels.length > 0 && (
        <>
          <ChannelTable channels={detail.channels} unitDecimals={unitDecimals} />
          <ApiKeys channels={detail.channels} unitDecimals={unitDecimals} />
        </>
      )}
    </article>
  );
}

/** What is held behind the token's units, those in channels included; rounded down. */
function backingOf({ value, lockedUnits }: TokenSummary, { numerator, denominator }: Price): bigint {
  return ((value + lockedUnits) * numerator) / denominator;
}

function Actions({
  token,
  detail,
  isExpired,
}: {
  token: TokenSummary;
  detail: TokenDetail | undefined;
  isExpired: boolean;
}) {
  const open = useTransactionDialog();
  const { developmentAccounts, contracts } = useConfig();
  const { value, unitDecimals, classId, className, tokenId } = token;
  const share = earningShareOf(token);
  const terms = detail?.lotTerms ?? undefined;
  const isForSale = terms?.listing?.open === true && isSameAddress(terms.seller, contracts.ValueMarket as Address);
  const backing = detail?.backing ?? undefined;
  const hasValue = value > 0n && !isExpired;
  return (
    <div className="row">
      {detail === undefined && token.backed && <Skeleton width={66} height={30} />}
      {isForSale && !isExpired && (
        <button
          className="button small"
          type="button"
          onClick={() =>
            open(
              buyForm({
                classId,
                name: className ?? `class ${classId}`,
                lot: terms.lot,
                price: terms.price,
                supply: terms.listing!.supply,
                unitDecimals,
                refundable: terms.refundable,
                // What is added lives as long as the token.
                expireAt: token.expireAt,
                toTokenId: tokenId,
              }),
            )
          }
        >
          Top up
        </button>
      )}
      {hasValue && (
        <>
          <button
            className="button small"
            type="button"
            onClick={() => open(openChannelForm(token, developmentAccounts?.['operator'] ?? ''))}
          >
            Open a channel
          </button>
          <button className="button small" type="button" onClick={() => open(transferValueForm(token))}>
            Transfer value
          </button>
        </>
      )}
      {(hasValue || share > 1n) && !isExpired && (
        <button className="button small" type="button" onClick={() => open(splitForm({ ...token, share }))}>
          Split
        </button>
      )}
      {value > 0n &&
        backing !== undefined &&
        backing.amount > 0n &&
        terms !== undefined &&
        isRefundable(terms, isExpired) && (
          <button className="button small" type="button" onClick={() => open(refundForm(token, backing))}>
            Refund
          </button>
        )}
      <button className="button small quiet" type="button" onClick={() => open(transferTokenForm({ ...token, share }))}>
        Transfer token
      </button>
    </div>
  );
}
