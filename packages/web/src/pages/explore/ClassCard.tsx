import type { ClassSummary } from '@kedge/core';
import { linkTo } from '../../app/router.js';
import { mainRevenueOf, othersOf, othersText } from '../../data/mainOf.js';
import { paidText } from '../../data/paidText.js';
import { licenceText } from '../../data/priceText.js';
import { useAssets } from '../../data/useAssets.js';
import { ClassName } from '../../ui/ClassName.js';
import { cutText, showBps, unitsText } from '../../ui/format.js';
import { DilutablePill } from '../../ui/DilutablePill.js';
import { Sparkline } from '../../ui/Sparkline.js';

/** A class at a glance. The whole card leads to it. */
export function ClassCard({ item }: { item: ClassSummary }) {
  const { classId, kind, name, description, licence, price, unitDecimals, usage, revenue, trend, royaltyBps } = item;
  const main = mainRevenueOf(revenue, price?.asset);
  const { show, showPrice } = useAssets([main, price].flatMap((priced) => priced?.asset ?? []));
  const others = othersText(othersOf(revenue, main));
  const earned = trend.revenue.find(({ asset }) => asset === main?.asset)?.amounts ?? trend.units.map(() => 0n);
  const title = name ?? `Class ${classId}`;
  return (
    <article className="card class-card">
      <div className="row">
        <span className={`pill ${kind}`}>{kind}</span>
        <span className="pill free">{cutText(licenceText(licence), 60)}</span>
        <DilutablePill dilutable={item.dilutable} />
        {royaltyBps > 0 && <span className="pill">{showBps(royaltyBps)} to parents</span>}
      </div>
      <h2 className="clamp">
        <a href={linkTo('class', classId)} title={title}>
          <ClassName classId={classId} name={name} />
        </a>
      </h2>
      <p className="muted small clamp" dir="auto">
        {description === null || description === name ? 'No description at hand.' : description}
      </p>
      <dl className="class-numbers">
        <div>
          <dt>Used</dt>
          <dd>{unitsText(usage.units, unitDecimals)}</dd>
          <dd>
            <Sparkline values={trend.units} label="Use over time" />
          </dd>
          <dd className="note">{paidText(item)}</dd>
        </div>
        <div>
          <dt>Revenue</dt>
          <dd>{main === undefined ? 'None yet' : show(main.asset, main.received)}</dd>
          <dd>
            <Sparkline values={earned} label="Revenue over time" />
          </dd>
          {others !== undefined && <dd className="note">{others}</dd>}
        </div>
      </dl>
      <p className="class-price small">
        <span className="muted">A unit costs</span>
        <strong>{price === null ? 'Not on sale' : showPrice(price, unitDecimals)}</strong>
      </p>
    </article>
  );
}
