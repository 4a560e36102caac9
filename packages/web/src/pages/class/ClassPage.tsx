import { Tabs } from '@base-ui/react/tabs';
import { zeroAddress, type ClassDetail } from '@kedge/core';
import { useEffect, useRef } from 'react';
import { lazyPart } from '../../app/lazyPart.js';
import { Part } from '../../app/Part.js';
import { useKeptChoice } from '../../app/useKeptChoice.js';
import { buyForm } from '../../actions/forms/buyForm.js';
import { useTransactionDialog } from '../../actions/TransactionProvider.js';
import { linkTo } from '../../app/router.js';
import { goBackTo } from '../../app/wayBack.js';
import { mainRevenueOf, namedOf, othersOf } from '../../data/mainOf.js';
import { paidText } from '../../data/paidText.js';
import { licenceText } from '../../data/priceText.js';
import { useAssets } from '../../data/useAssets.js';
import { useIndexed } from '../../data/useIndexed.js';
import { AddressText } from '../../ui/AddressText.js';
import { ClassName } from '../../ui/ClassName.js';
import { Copyable } from '../../ui/Copyable.js';
import { DilutablePill } from '../../ui/DilutablePill.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { grouped, showBps, showUnits } from '../../ui/format.js';
import { OtherAmounts } from '../../ui/OtherAmounts.js';
import { PageSkeleton, Skeleton } from '../../ui/Skeleton.js';
import { StaleNote } from '../../ui/StaleNote.js';
import { Stat } from '../../ui/Stat.js';
import { useWallet } from '../../wallet/useWallet.js';
import { DataCard } from './DataCard.js';
import { HoldersTab } from './HoldersTab.js';
import { PolicyTab } from './PolicyTab.js';
import './class.css';

const ClassCharts = lazyPart(() => import('./ClassCharts.js'), 'ClassCharts');
const LineageTab = lazyPart(() => import('./LineageTab.js'), 'LineageTab');
const AttestationsTab = lazyPart(() => import('./AttestationsTab.js'), 'AttestationsTab');
const IntegrityTab = lazyPart(() => import('./IntegrityTab.js'), 'IntegrityTab');

const tabs = {
  overview: 'Overview',
  lineage: 'Lineage',
  policy: 'Policy',
  holders: 'Holders',
  integrity: 'Integrity',
  attestations: 'Attestations',
} as const;

/** Everything about one class. */
export function ClassPage({ classId }: { classId: bigint }) {
  const { data, error, refetch } = useIndexed('class', { classId });
  if (data === undefined || data.classId !== classId) {
    return error === null ? (
      <PageSkeleton />
    ) : (
      <div className="page">
        <h1>Class {String(classId)}</h1>
        <section className="card">
          <ErrorState error={error} title="The class cannot be shown" onRetry={() => void refetch()} />
        </section>
      </div>
    );
  }
  return <Loaded detail={data} error={error} />;
}

function Loaded({ detail, error }: { detail: ClassDetail; error: Error | null }) {
  const { classId, kind, name, description, licence, price, unitDecimals, usage, revenue, holderCount, royaltyBps } =
    detail;
  const [chosen, setTab] = useKeptChoice('tab', 'overview');
  const tab = Object.hasOwn(tabs, chosen) ? chosen : 'overview';
  const tabsFrame = useSelectedInView(tab);
  const main = mainRevenueOf(revenue, price?.asset);
  const { show, showPrice } = useAssets([...namedOf(revenue, main), ...(price === null ? [] : [price.asset])]);
  return (
    <div className="page">
      <nav className="small" aria-label="Where you are">
        <a href={linkTo('explore')} onClick={(event) => goBackTo('explore', event)}>
          Explore
        </a>{' '}
        <span className="muted">/ class {String(classId)}</span>
      </nav>
      <div className="page-head">
        <div>
          <div className="row">
            <span className={`pill ${kind}`}>{kind}</span>
            <span className="pill free">{licenceText(licence)}</span>
            <DilutablePill dilutable={detail.dilutable} />
          </div>
          <h1 className="class-title">
            <ClassName classId={classId} name={name} />
          </h1>
          {description !== null && description !== name && <p dir="auto">{description}</p>}
          <div className="row small class-issuer">
            <span className="muted">Issued by</span> <AddressText address={detail.issuer} />
          </div>
        </div>
        <BuyButton detail={detail} />
      </div>
      <StaleNote error={error} />
      <dl className="stats">
        <Stat label="Used" note={paidText(detail)}>
          {showUnits(usage.units, unitDecimals)} <small>units</small>
        </Stat>
        <Stat label="Revenue" note={main === undefined ? undefined : <>{show(main.asset, main.claimed)} claimed</>}>
          {main === undefined ? 'None yet' : show(main.asset, main.received)}
          <OtherAmounts amounts={othersOf(revenue, main).map(({ asset, received }) => show(asset, received))} />
        </Stat>
        <Stat
          label="Price of a unit"
          note={price === null ? undefined : <OfferNote price={price} unitDecimals={unitDecimals} />}
        >
          {price === null ? <small>Not on sale</small> : showPrice(price, unitDecimals)}
        </Stat>
        <Stat
          label="Holders of shares"
          note={royaltyBps === 0 ? 'No parents' : `${showBps(royaltyBps)} goes to parents`}
        >
          {grouped(String(holderCount))}
        </Stat>
      </dl>
      <Tabs.Root value={tab} onValueChange={(next) => setTab(String(next))}>
        <div className="tabs-scroll" ref={tabsFrame}>
          <Tabs.List className="segments">
            {Object.entries(tabs).map(([value, text]) => (
              <Tabs.Tab key={value} value={value}>
                {text}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </div>
        <Part key={tab} waiting={<Skeleton height={340} />}>
          <Tabs.Panel value="overview" className="panel">
            <ClassCharts detail={detail} />
            <DataCard detail={detail} />
          </Tabs.Panel>
          <Tabs.Panel value="lineage" className="panel">
            <LineageTab detail={detail} />
          </Tabs.Panel>
          <Tabs.Panel value="policy" className="panel">
            <PolicyTab detail={detail} />
          </Tabs.Panel>
          <Tabs.Panel value="holders" className="panel">
            <HoldersTab detail={detail} />
          </Tabs.Panel>
          <Tabs.Panel value="integrity" className="panel">
            <IntegrityTab detail={detail} />
          </Tabs.Panel>
          <Tabs.Panel value="attestations" className="panel">
            <AttestationsTab detail={detail} />
          </Tabs.Panel>
        </Part>
      </Tabs.Root>
    </div>
  );
}

/** A frame that is scrolled sideways to the tab that is chosen, which a link may have done. */
function useSelectedInView(tab: string) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const selected = frame.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (!frame.current || !selected) return;
    frame.current.scrollLeft = selected.offsetLeft - (frame.current.clientWidth - selected.offsetWidth) / 2;
  }, [tab]);
  return frame;
}

/** How much is for sale, and the address of what it is paid in, to be copied. */
function OfferNote({ price, unitDecimals }: { price: NonNullable<ClassDetail['price']>; unitDecimals: number }) {
  return (
    <>
      {showUnits(price.supply, unitDecimals)} for sale
      {price.asset !== zeroAddress && (
        <>
          {' '}
          in <Copyable value={price.asset} label="address of the asset" />
        </>
      )}
    </>
  );
}

function BuyButton({ detail }: { detail: ClassDetail }) {
  const open = useTransactionDialog();
  const { address } = useWallet();
  const { classId, name, price, unitDecimals, lots } = detail;
  if (price === null) return null;
  const lot = lots.find((each) => each.lot === price.lot);
  return (
    <div className="buy">
      <button
        className="button primary"
        type="button"
        disabled={address === undefined}
        onClick={() =>
          open(
            buyForm({
              classId,
              name: name ?? `class ${classId}`,
              lot: price.lot,
              price,
              supply: price.supply,
              unitDecimals,
              refundable: lot?.refundable,
              expireAt: lot?.listing?.expireAt,
            }),
          )
        }
      >
        Buy value
      </button>
      {address === undefined && <span className="small muted">Connect a wallet first</span>}
    </div>
  );
}
