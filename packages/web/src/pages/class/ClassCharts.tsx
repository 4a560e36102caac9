import { formatUnits, zeroAddress, type ClassDetail } from '@kedge/core';
import { useState } from 'react';
import { BarChart } from '../../charts/BarChart.js';
import { dayText, lastDays } from '../../charts/lastDays.js';
import { usageSeries } from '../../charts/usageSeries.js';
import { mainOf } from '../../data/mainOf.js';
import { assetName } from '../../data/readAsset.js';
import { useAssets } from '../../data/useAssets.js';
import { Choice } from '../../ui/Choice.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { showFigure } from '../../ui/format.js';

/** Of so many assets at most the symbol is asked for; others are called by their address. */
const mostNamed = 20;

/** Use by metric and revenue by source, a day each. */
export function ClassCharts({ detail }: { detail: ClassDetail }) {
  return (
    <div className="chart-pair">
      <UsageChart detail={detail} />
      <RevenueChart detail={detail} />
    </div>
  );
}

function UsageChart({ detail: { usageByDay, unitDecimals } }: { detail: ClassDetail }) {
  const { names: metrics, nameOf } = usageSeries(usageByDay);
  const bars = lastDays(
    usageByDay.map(({ day }) => day),
    Date.now(),
  ).map((day) => ({
    key: day,
    label: dayText(day),
    values: metrics.map((name) => {
      const of = usageByDay.filter((use) => use.day === day && nameOf(use) === name);
      return Number(
        formatUnits(
          of.reduce((sum, { units }) => sum + units, 0n),
          unitDecimals,
        ),
      );
    }),
  }));
  return (
    <section className="card" aria-labelledby="usage-title">
      <header>
        <h2 id="usage-title">Use</h2>
        <p>Units a day, by metric</p>
      </header>
      {metrics.length === 0 ? (
        <EmptyState title="Not used yet">Each captured call appears here, some seconds after it was made.</EmptyState>
      ) : (
        <BarChart title="Units used a day" bars={bars} series={metrics} show={showFigure} />
      )}
    </section>
  );
}

function RevenueChart({ detail: { revenueByDay, price } }: { detail: ClassDetail }) {
  const main = mainOf(revenueByDay, price?.asset)?.asset ?? price?.asset ?? zeroAddress;
  const assets = [...new Set([main, ...revenueByDay.map(({ asset }) => asset)])];
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const asset = assets.find((each) => each === chosen) ?? main;
  const { assetOf } = useAssets([...assets.slice(0, mostNamed), asset]);
  const { decimals } = assetOf(asset);
  const name = assetName(assetOf(asset));
  const toNumber = (amount: bigint): number => Number(formatUnits(amount, decimals));
  const ofAsset = revenueByDay.filter((each) => each.asset === asset);
  const hasRoyalties = ofAsset.some(({ royalties }) => royalties > 0n);
  const hasDirect = ofAsset.some(({ royalties, received }) => received > royalties);
  const bars = lastDays(
    ofAsset.map(({ day }) => day),
    Date.now(),
  ).map((day) => {
    const of = ofAsset.find((each) => each.day === day);
    const royalties = toNumber(of?.royalties ?? 0n);
    const direct = toNumber((of?.received ?? 0n) - (of?.royalties ?? 0n));
    const values = [...(hasDirect ? [direct] : []), ...(hasRoyalties ? [royalties] : [])];
    return { key: day, label: dayText(day), values };
  });
  const series = [
    ...(hasDirect ? ['own use and settlements'] : []),
    ...(hasRoyalties ? ['royalties of children'] : []),
  ];
  return (
    <section className="card" aria-labelledby="revenue-title">
      <header>
        <h2 id="revenue-title">Revenue</h2>
        {assets.length > 1 ? (
          <Choice
            label="Asset"
            choices={Object.fromEntries(assets.map((each) => [each, assetName(assetOf(each))]))}
            value={asset}
            onChange={setChosen}
          />
        ) : (
          <p>{name} a day, before royalties to parents</p>
        )}
      </header>
      {ofAsset.length === 0 ? (
        <EmptyState title="No revenue yet">It comes when value is used, or when someone settles revenue.</EmptyState>
      ) : (
        <BarChart title={`Revenue a day in ${name}`} bars={bars} series={series} show={showFigure} />
      )}
    </section>
  );
}
