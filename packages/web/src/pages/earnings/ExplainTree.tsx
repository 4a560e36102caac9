import { isSameAddress, type AccrualPart, type Address, type Earlier, type UsePart } from '@kedge/core';
import type { ReactNode } from 'react';
import { linkTo } from '../../app/router.js';
import { metricText } from '../../data/metricText.js';
import { assetName } from '../../data/readAsset.js';
import { useAssets } from '../../data/useAssets.js';
import { useIndexed } from '../../data/useIndexed.js';
import { AddressText } from '../../ui/AddressText.js';
import { ClassName } from '../../ui/ClassName.js';
import { Copyable } from '../../ui/Copyable.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { allDigits, grouped, showBps, showMoment } from '../../ui/format.js';
import { keysOf } from '../../ui/keysOf.js';
import { Skeleton } from '../../ui/Skeleton.js';

type Show = (amount: bigint) => ReactNode;

/** Why a token can claim what it can: a tree whose leaves are calls, and whose amounts add up at every level. */
export function ExplainTree({ tokenId, asset, account }: { tokenId: bigint; asset: Address; account: Address }) {
  const { data, error, refetch } = useIndexed('explainClaim', { tokenId, asset });
  const { assetOf, show } = useAssets([asset]);
  const exact: Show = (amount) => show(asset, amount, allDigits);
  if (data === undefined) {
    if (error === null) return <Skeleton height={120} />;
    return <ErrorState error={error} title="It cannot be explained now" onRetry={() => void refetch()} />;
  }
  return (
    <div className="explain">
      <p className="small muted">
        As of block {data.blockNumber}, share {grouped(String(data.share))}
        {!isSameAddress(data.owner, account) && ', which another account holds now'}. All parts add up to{' '}
        <strong>{exact(data.claimable)}</strong>, to the smallest unit of {assetName(assetOf(asset))}.
      </p>
      {data.claimable === 0n ? (
        <p className="callout">Nothing is claimable: everything that was earned has been claimed.</p>
      ) : (
        <Parts parts={data.parts} earlier={data.earlier} show={exact} />
      )}
    </div>
  );
}

/** Parts of an amount, each with why it came. */
export function Parts({ parts, earlier, show }: { parts: readonly AccrualPart[]; earlier: Earlier; show: Show }) {
  const keys = keysOf(
    parts.map(({ transactionHash, classId, received, amount }) =>
      [transactionHash, classId, received, amount].join('/'),
    ),
  );
  return (
    <ul className="tree">
      {parts.map((part, place) => (
        <li key={keys[place]}>
          <Part part={part} show={show} />
        </li>
      ))}
      {earlier.count > 0 && (
        <li className="tree-line">
          <span className="muted">{grouped(String(earlier.count))} earlier ones</span>
          <span className="number">{show(earlier.amount)}</span>
        </li>
      )}
    </ul>
  );
}

function Part({ part, show }: { part: AccrualPart; show: Show }) {
  const { amount, at, classId, className, transactionHash, received, toHolders, totalShare, cause } = part;
  const uses = cause.type === 'use' ? cause.uses : [];
  const useKeys = keysOf(uses.map((use) => [use.channel?.receiptHash ?? use.tokenId, use.amount, use.units].join('/')));
  return (
    <details>
      <summary className="tree-line">
        <span>
          <CauseText {...part} /> <span className="muted">{showMoment(at)}</span>
        </span>
        <span className="number">{show(amount)}</span>
      </summary>
      <div className="tree-body">
        <dl className="facts">
          <dt>Class</dt>
          <dd>
            <a href={linkTo('class', classId)}>
              <ClassName classId={classId} name={className} />
            </a>
          </dd>
          {cause.type === 'royalty' && (
            <>
              <dt>Paid by its child</dt>
              <dd>
                <a href={linkTo('class', cause.childId)}>
                  <ClassName classId={cause.childId} name={cause.childName} />
                </a>
              </dd>
            </>
          )}
          <dt>Arrived</dt>
          <dd>{show(received)}</dd>
          <dt>For holders</dt>
          <dd>
            {show(toHolders)}
            {totalShare > 0n && `, divided by ${grouped(String(totalShare))} share`}
          </dd>
          <dt>Transaction</dt>
          <dd>
            <Copyable value={transactionHash} label="transaction" />
          </dd>
          {cause.type === 'settlement' && (
            <>
              <dt>Paid by</dt>
              <dd>
                <AddressText address={cause.payer} />
              </dd>
            </>
          )}
          {cause.type === 'use' && (
            <>
              <dt>Units</dt>
              <dd>
                {grouped(String(cause.units))} base units in{' '}
                {cause.useCount === 1 ? 'one capture' : `${cause.useCount} captures`}
              </dd>
              {cause.operator !== null && (
                <>
                  <dt>Operator’s cut</dt>
                  <dd>
                    {show(cause.operatorAmount)} for <AddressText address={cause.operator} />
                  </dd>
                </>
              )}
            </>
          )}
        </dl>
        {cause.type === 'royalty' && <Parts parts={cause.parts} earlier={cause.earlier} show={show} />}
        {cause.type === 'use' && (
          <>
            <ul className="tree">
              {cause.uses.map((use, place) => (
                <li key={useKeys[place]} className="tree-line">
                  <Use use={use} />
                  <span className="number">{show(use.amount)}</span>
                </li>
              ))}
              {cause.otherUses > 0n && (
                <li className="tree-line">
                  <span className="muted">Other captures of the same transaction</span>
                  <span className="number">{show(cause.otherUses)}</span>
                </li>
              )}
            </ul>
            {cause.receiptRoots.map((root) => (
              <p key={root.root} className="small muted">
                The calls’ receipts are under root <Copyable value={root.root} label="receipt root" />, batches{' '}
                {String(root.firstBatch)} to {String(root.lastBatch)}
                {root.cid !== '' && (
                  <>
                    , published as <Copyable value={root.cid} label="CID of the receipts" />
                  </>
                )}
              </p>
            ))}
          </>
        )}
      </div>
    </details>
  );
}

function Use({ use }: { use: UsePart }) {
  const { units, metric, channel } = use;
  return (
    <span className="row">
      {grouped(String(units))} {metric === null || metric === 'units' ? 'base units' : metricText(metric)}
      {channel !== null && (
        <span className="muted">
          channel <Copyable value={channel.channelId} label="channel id" /> up to receipt{' '}
          <Copyable value={channel.receiptHash} label="receipt hash" />
        </span>
      )}
    </span>
  );
}

/** In words without links: it stands in what opens and closes the part. */
function CauseText({ cause, classId, className }: AccrualPart): ReactNode {
  const of = <bdi>{className ?? `class ${classId}`}</bdi>;
  switch (cause.type) {
    case 'settlement':
      return <>Revenue settled to {of}</>;
    case 'use':
      return <>Use of {of}</>;
    case 'backing':
      return <>Backing of {of} that became revenue</>;
    case 'royalty':
      return (
        <>
          {showBps(cause.royaltyBps)} of what <bdi>{cause.childName ?? `class ${cause.childId}`}</bdi> received
        </>
      );
  }
}
