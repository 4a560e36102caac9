import { formatUnits, zeroAddress, type Trend } from '@kedge/core';
import { BarChart } from '../../charts/BarChart.js';
import { mainOf, othersOf, othersText } from '../../data/mainOf.js';
import { assetName } from '../../data/readAsset.js';
import { useAssets } from '../../data/useAssets.js';
import { showFigure } from '../../ui/format.js';
import '../class/class.css';

/** Units and the operator's revenue, a stretch of time each. */
export function OperatorCharts({ trend }: { trend: Trend }) {
  const { start, width, units, revenue } = trend;
  const main = mainOf(revenue);
  const others = othersOf(revenue, main).filter(({ amounts }) => amounts.some((amount) => amount > 0n));
  const { assetOf } = useAssets(main === undefined ? [] : [main.asset]);
  const asset = assetOf(main?.asset ?? zeroAddress);
  const name = assetName(asset);
  const labelOf = (index: number): string =>
    new Date((start + index * width) * 1000).toLocaleTimeString(undefined, {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  const every = width === 60 ? 'a minute' : `in ${width} s`;
  const series = {
    units: units.map(Number),
    revenue: (main?.amounts ?? units.map(() => 0n)).map((amount) => Number(formatUnits(amount, asset.decimals))),
  };
  const barsOf = (values: readonly number[]) =>
    values.map((value, index) => ({ key: labelOf(index), label: labelOf(index), values: [value] }));
  return (
    <div className="chart-pair">
      <section className="card" aria-labelledby="units-minute">
        <header>
          <h2 id="units-minute">Units {every}</h2>
          <p>captured, in base units</p>
        </header>
        <BarChart
          title={`Units captured ${every}`}
          bars={barsOf(series.units)}
          series={['units']}
          show={showFigure}
          over="Time"
        />
      </section>
      <section className="card" aria-labelledby="revenue-minute">
        <header>
          <h2 id="revenue-minute">Cut {every}</h2>
          <p>{[name, othersText(others)].filter(Boolean).join(', ')}</p>
        </header>
        <BarChart
          title={`Operator's cut ${every}`}
          bars={barsOf(series.revenue)}
          series={[name]}
          show={showFigure}
          over="Time"
        />
      </section>
    </div>
  );
}
