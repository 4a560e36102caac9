/**
 * Thirty values as a line. Drawn here: a chart library would be most of the first load.
 *
 * @param label what a reader of the screen hears
 */
export function Sparkline({ values, label }: { values: readonly bigint[]; label: string }) {
  const most = values.reduce((top, value) => (value > top ? value : top), 0n);
  const width = 120;
  const height = 28;
  const step = width / Math.max(1, values.length - 1);
  // A hundredth of a pixel is enough; the division is exact before it is cut.
  const y = (value: bigint): number =>
    most === 0n ? height - 1.5 : height - 1.5 - (Number((value * 10_000n) / most) / 10_000) * (height - 4);
  const line = values.map(
    (value, index) => `${index === 0 ? 'M' : 'L'}${(index * step).toFixed(1)} ${y(value).toFixed(1)}`,
  );
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {most > 0n && <path className="sparkline-area" d={`${line.join('')}L${width} ${height}L0 ${height}Z`} />}
      <path className={most > 0n ? 'sparkline-line' : 'sparkline-line flat'} d={line.join('')} />
    </svg>
  );
}
