import { isSameAddress, type Address, type BaseError, type GatewayLive } from '@kedge/core';
import { lazyPart } from '../../app/lazyPart.js';
import { Part } from '../../app/Part.js';
import { useConfig } from '../../app/configContext.js';
import { useAssets } from '../../data/useAssets.js';
import { AddressText } from '../../ui/AddressText.js';
import { grouped, showCount } from '../../ui/format.js';
import { OtherAmounts } from '../../ui/OtherAmounts.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { Stat } from '../../ui/Stat.js';
import { secondsText } from './secondsText.js';
import { RefusalTable } from './RefusalTable.js';
import { RunningCalls } from './RunningCalls.js';
import { useGatewayLive } from './useGatewayLive.js';
import '../class/class.css';
import './operator.css';

const LiveCharts = lazyPart(() => import('./LiveCharts.js'), 'LiveCharts');

/** What the operator's gateway does now; only its own machine is told. */
export function LivePanel({ operator }: { operator: Address }) {
  const { gatewayLiveUrl } = useConfig();
  const { live, lost } = useGatewayLive(gatewayLiveUrl);
  if (gatewayLiveUrl === undefined) return null;
  const isOther = live !== undefined && !isSameAddress(live.operator, operator);
  return (
    <section className="stack live" aria-labelledby="live-title">
      <header className="row between">
        <h2 id="live-title">Now</h2>
        <p className="row small muted" role="status">
          {stateText(live, lost)}
          <span className={lost === undefined ? 'pill good' : 'pill bad'}>{lost === undefined ? 'live' : 'lost'}</span>
        </p>
      </header>
      {isOther ? (
        <p className="callout">
          The gateway of this page belongs to <AddressText address={live.operator} />: what it does now is not shown
          here.
        </p>
      ) : live === undefined ? (
        <div className="stack" aria-hidden="true">
          <Skeleton height={98} />
          <Skeleton height={268} />
          <Skeleton height={300} />
        </div>
      ) : (
        <>
          <LiveFigures live={live} />
          <Part waiting={<Skeleton height={268} />}>
            <LiveCharts trend={live.trend} />
          </Part>
          <div className="chart-pair live-lists">
            <RunningCalls live={live} />
            <RefusalTable refusals={live.refusals} />
          </div>
        </>
      )}
    </section>
  );
}

function stateText(live: GatewayLive | undefined, lost: BaseError | undefined): string {
  if (lost === undefined) return live === undefined ? 'Asking the gateway' : 'As the gateway tells it, every second';
  const old = live === undefined ? '' : ' This is what it told last.';
  return `${lost.shortMessage}${old} It is asked again every second.`;
}

function LiveFigures({ live }: { live: GatewayLive }) {
  const { lastMinute, reserved, runningCount, batches } = live;
  const { show } = useAssets(lastMinute.revenue.map(({ asset }) => asset));
  const [main, ...others] = lastMinute.revenue;
  const [newest] = batches.transactions;
  return (
    <dl className="stats live-stats">
      <Stat label="Calls a minute" note={`${grouped(String(lastMinute.refused))} refused`}>
        {grouped(String(lastMinute.calls))}
      </Stat>
      <Stat label="Units a minute" note="base units, charged">
        {grouped(String(lastMinute.units))}
      </Stat>
      <Stat
        label="Revenue a minute"
        note={main === undefined ? 'nothing charged' : <>cut {show(main.asset, main.cut, 9)}</>}
      >
        {main === undefined ? '0' : show(main.asset, main.amount)}
        <OtherAmounts amounts={others.map(({ asset, amount }) => show(asset, amount, 6))} />
      </Stat>
      <Stat
        label="Reserved"
        note={reserved.oldestAt === null ? 'no call holds any' : `oldest ${secondsText(live.at - reserved.oldestAt)}`}
      >
        {grouped(String(reserved.units))} <small>base units</small>
      </Stat>
      <Stat label="Calls under way" note={`${grouped(String(reserved.waiting))} waiting for value`}>
        {grouped(String(runningCount))}
      </Stat>
      <Stat label="Not yet anchored" note={newest === undefined ? 'no capture yet' : `capture ${newest.state}`}>
        {showCount(batches.unanchored, 'batch').replace(/batchs$/, 'batches')}
      </Stat>
    </dl>
  );
}
