import type { ReactNode } from 'react';

/** A column's head: its words, or its words and how its cells are set. */
export type Column = string | { readonly title: string; readonly kind: 'number' | 'wide' | 'actions' };

/** Rows under heads, in a frame that scrolls sideways where the screen is narrow. */
export function Table({
  label,
  columns,
  children,
}: {
  /** What a screen reader calls it. */
  label: string;
  columns: readonly Column[];
  /** The rows. */
  children: ReactNode;
}) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={label}>
      <table className="table">
        <thead>
          <tr>{columns.map(headOf)}</tr>
        </thead>
        <tbody>{children}</tbody>
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

/** A column of numbers. */
export function numbers(title: string): Column {
  return { title, kind: 'number' };
}
