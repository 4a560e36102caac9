import { AxisBottom, AxisLeft } from '@visx/axis';
import { scaleBand, scaleLinear } from '@visx/scale';
import { useLayoutEffect, useRef, useState } from 'react';
import './charts.css';

/** Values of some series at one place of the horizontal axis. `number`: a chart needs no more digits than a screen has. */
export type Bar = { readonly key: string; readonly label: string; readonly values: readonly number[] };

const margin = { top: 8, right: 4, bottom: 26 } as const;
const leastLeft = 56;
/** Of a digit beside the axis, at most, in pixels. */
const digitWidth = 7;

/**
 * Stacked bars. The figures are beside it as a table for whoever does not see it.
 *
 * @param series names of the values, at most six
 * @param over what the horizontal axis counts
 * @param height of the drawing, in pixels
 * @param show a value in words
 */
export function BarChart({
  title,
  bars,
  series,
  show,
  over = 'Day',
  height = 240,
}: {
  title: string;
  bars: readonly Bar[];
  series: readonly string[];
  show: (value: number) => string;
  over?: 'Day' | 'Time';
  height?: number;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [active, setActive] = useState<number | undefined>(undefined);
  useLayoutEffect(() => {
    const element = frame.current!;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  const innerHeight = height - margin.top - margin.bottom;
  const totals = bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const y = scaleLinear({ domain: [0, Math.max(...totals) || 1], range: [innerHeight, 0], nice: 4 });
  const isEmpty = totals.every((total) => total === 0);
  // A place on the scale that has no words gets no line either.
  const ticks = y.ticks(4).filter((tick) => show(tick) !== '');
  const longest = Math.max(...ticks.map((tick) => show(tick).length));
  const left = isEmpty ? leastLeft : Math.max(leastLeft, longest * digitWidth + 8);
  const innerWidth = Math.max(0, width - left - margin.right);
  const x = scaleBand({ domain: bars.map(({ key }) => key), range: [0, innerWidth], padding: 0.25 });
  const barWidth = Math.min(x.bandwidth(), 44);
  const every = Math.ceil(bars.length / Math.max(1, Math.floor(innerWidth / 64)));
  const shown = active === undefined ? undefined : bars[active];
  return (
    <div className="chart">
      <div className="chart-legend">
        {series.map((name, index) => (
          <span key={name}>
            <i className={`swatch s${index}`} aria-hidden="true" />
            {name}
            {shown !== undefined && <strong>{show(shown.values[index] ?? 0)}</strong>}
          </span>
        ))}
        <span className="muted chart-when">{shown?.label ?? (isEmpty ? 'nothing in this time' : '')}</span>
      </div>
      <div ref={frame} className="chart-frame" style={{ height }} onPointerLeave={() => setActive(undefined)}>
        <svg width={width} height={height} aria-hidden="true">
          <g transform={`translate(${left},${margin.top})`}>
            {ticks.map((tick) => (
              <line key={tick} className="chart-grid" x1={0} x2={innerWidth} y1={y(tick)} y2={y(tick)} />
            ))}
            {bars.map((bar, index) => {
              let base = 0;
              return (
                <g key={bar.key} className={active === undefined || active === index ? '' : 'dimmed'}>
                  <rect
                    className="chart-hit"
                    x={x(bar.key)}
                    width={x.step()}
                    y={0}
                    height={innerHeight}
                    onPointerEnter={() => setActive(index)}
                  />
                  {bar.values.map((value, at) => {
                    const top = y(base + value);
                    const bottom = y(base);
                    base += value;
                    return (
                      <rect
                        key={series[at]}
                        className={`s${at}`}
                        x={x(bar.key)! + (x.bandwidth() - barWidth) / 2}
                        width={barWidth}
                        y={top}
                        height={Math.max(0, bottom - top)}
                        rx={2}
                      />
                    );
                  })}
                </g>
              );
            })}
            <AxisLeft
              scale={y}
              tickValues={ticks}
              hideAxisLine
              hideTicks
              tickFormat={(value) => (isEmpty && Number(value) > 0 ? '' : show(Number(value)))}
              tickClassName="chart-tick"
              tickLabelProps={{ textAnchor: 'end', dx: -4, dy: 4, fontSize: 11 }}
            />
            <AxisBottom
              scale={x}
              top={innerHeight}
              hideTicks
              axisLineClassName="chart-axis"
              tickValues={bars.filter((_, index) => index % every === 0).map(({ key }) => key)}
              tickFormat={(key) => bars.find((bar) => bar.key === key)?.label ?? ''}
              tickClassName="chart-tick"
              tickLabelProps={{ textAnchor: 'middle', fontSize: 11 }}
            />
          </g>
        </svg>
      </div>
      <details className="chart-table">
        <summary>Figures as a table</summary>
        <div className="table-wrap">
          <table className="table">
            <caption className="visually-hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{over}</th>
                {series.map((name) => (
                  <th key={name} scope="col" className="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {bars
                .filter((_, index) => totals[index]! > 0)
                .map((bar) => (
                  <tr key={bar.key}>
                    <th scope="row">{bar.key}</th>
                    {bar.values.map((value, index) => (
                      <td key={series[index]} className="number">
                        {show(value)}
                      </td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      </details>
    </div>
  );
}
