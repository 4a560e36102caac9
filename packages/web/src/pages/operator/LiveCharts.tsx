import type { GatewayLive } from '@kedge/core';
import { BarChart } from '../../charts/BarChart.js';

const height = 140;

/** Calls and units over the last minutes. */
export function LiveCharts({ trend }: { trend: GatewayLive['trend'] }) {
  const { start, width, calls, refused, units } = trend;
  const labelOf = (index: number): string =>
    new Date((start + index * width) * 1000).toLocaleTimeString(undefined, { hourCycle: 'h23' });
  const barsOf = (valuesOf: (index: number) => readonly number[]) =>
    calls.map((_, index) => ({ key: labelOf(index), label: labelOf(index), values: valuesOf(index) }));
  const every = `each ${width} s`;
  return (
    <div className="chart-pair">
      <section className="card" aria-labelledby="live-calls">
        <header>
          <h3 id="live-calls">Calls</h3>
          <p>{every}</p>
        </header>
        <BarChart
          title={`Calls ${every}`}
          bars={barsOf((index) => [calls[index] ?? 0, refused[index] ?? 0])}
          series={['charged', 'refused']}
          show={whole}
          over="Time"
          height={height}
        />
      </section>
      <section className="card" aria-labelledby="live-units">
        <header>
          <h3 id="live-units">Units</h3>
          <p>{every}, in base units</p>
        </header>
        <BarChart
          title={`Units charged ${every}`}
          bars={barsOf((index) => [Number(units[index] ?? 0n)])}
          series={['units']}
          show={whole}
          over="Time"
          height={height}
        />
      </section>
    </div>
  );
}

/** A scale between whole numbers has no words. */
function whole(value: number): string {
  if (!Number.isInteger(value)) return '';
  return value.toLocaleString('en', { notation: value >= 100_000 ? 'compact' : 'standard' });
}
