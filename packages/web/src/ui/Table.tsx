import type { ReactNode } from 'react';

/** A column's head: its words, or its words and how its cells are set. */
export type Column = string | { readonly title: string; readonly kind: 'number' | 'wide' | 'actions' };

/** A cell for each column. */
export type Row = { readonly key: string; readonly cells: readonly ReactNode[] };

/** Rows under heads. On a narrow screen each row is a list of its own, in which the heads are labels: nothing is cut. */
export function Table({
  label,
  columns,
  rows,
}: {
  /** What a screen reader calls it. */
  label: string;
  columns: readonly Column[];
  rows: readonly Row[];
}) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={label}>
      <table className="table rows">
        <thead>
          <tr>{columns.map(headOf)}</tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>{columns.map((column, place) => cellOf(column, cells[place]))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A head over numbers stands at their side; one over a drawing or a button is for the ear only. */
function headOf(column: Column): ReactNode {
  if (typeof column === 'string') {
    return (
      <th key={column} scope="col">
        {column}
      </th>
    );
  }
  const { title, kind } = column;
  if (kind === 'number') {
    return (
      <th key={title} scope="col" className="number">
        {title}
      </th>
    );
  }
  return (
    <th key={title} scope="col" className={kind === 'wide' ? 'wide' : undefined}>
      <span className="visually-hidden">{title}</span>
    </th>
  );
}

function cellOf(column: Column, cell: ReactNode): ReactNode {
  const { title, kind } = typeof column === 'string' ? { title: column, kind: undefined } : column;
  const isLabelled = kind === undefined || kind === 'number';
  const isEmpty = cell === undefined || cell === null || cell === false;
  return (
    <td
      key={title}
      data-label={isLabelled ? title : undefined}
      className={isEmpty ? 'empty' : kind === 'actions' ? 'number' : kind}
    >
      <div>{cell}</div>
    </td>
  );
}

/** A column of numbers. */
export function numbers(title: string): Column {
  return { title, kind: 'number' };
}
