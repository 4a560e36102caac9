import type { Activity, ActivityType } from '@kedge/core';
import type { ReactNode } from 'react';
import { linkTo } from '../../app/router.js';
import { useAssets } from '../../data/useAssets.js';
import { useIndexed } from '../../data/useIndexed.js';
import { ClassName } from '../../ui/ClassName.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { wordsOf } from '../../ui/ErrorState.js';
import { showAge, showCount } from '../../ui/format.js';
import { Skeleton } from '../../ui/Skeleton.js';
import './operator.css';

const words: Readonly<Record<ActivityType, string>> = {
  class: 'Class created',
  policy: 'Policy published',
  mint: 'Token minted',
  purchase: 'Value bought',
  transfer: 'Transfer',
  'channel-open': 'Channel opened',
  'channel-close': 'Channel closed',
  capture: 'Captured',
  usage: 'Use recorded',
  settlement: 'Revenue settled',
  royalty: 'Royalty collected',
  claim: 'Claimed',
  refund: 'Refunded',
  withdrawal: 'Withdrawn',
  receipts: 'Receipts anchored',
};

/** What happens on chain, as it happens. */
export function ActivityList() {
  const { data, error } = useIndexed('activity', { limit: 20 }, 1_500);
  const { show } = useAssets(data?.items.flatMap(({ asset }) => (asset === null ? [] : [asset])) ?? []);
  return (
    <section className="card" aria-labelledby="activity-title">
      <header>
        <h2 id="activity-title">On chain</h2>
        <span className={error === null ? 'pill good' : 'pill bad'}>{error === null ? 'every second' : 'stopped'}</span>
      </header>
      {data === undefined ? (
        error === null ? (
          <Skeleton height={300} />
        ) : (
          <p className="callout warn">{wordsOf(error).message}</p>
        )
      ) : data.items.length === 0 ? (
        <EmptyState title="Nothing has happened yet" />
      ) : (
        <ul className="activity">
          {data.items.map((item) => (
            <li key={item.id}>
              <div className="row between">
                <strong>{words[item.type]}</strong>
                <span className="muted small">{showAge(item.at, Date.now())}</span>
              </div>
              <div className="small muted">{detailOf(item, show)}</div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function detailOf(item: Activity, show: (asset: `0x${string}`, amount: bigint, digits: number) => ReactNode) {
  const { classId, className, units, asset, amount } = item;
  return (
    <>
      {classId !== null && (
        <a href={linkTo('class', classId)}>
          <ClassName classId={classId} name={className} />
        </a>
      )}
      {units !== null && units > 0n && ` ${showCount(units, 'base unit')}`}
      {asset !== null && amount !== null && amount > 0n && <> {show(asset, amount, 9)}</>}
    </>
  );
}
