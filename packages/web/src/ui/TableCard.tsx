import { useId, type ReactNode } from 'react';
import { wordsOf } from './ErrorState.js';
import { ShowMore } from './ShowMore.js';
import { Skeleton } from './Skeleton.js';
import { Table, type Column, type Row } from './Table.js';

/** A card with a table of what was asked for: drawn while it is on its way, when there is none, and when it failed, too. */
export function TableCard<Item>({
  title,
  note,
  rows,
  error,
  more,
  isAsked = false,
  height,
  empty,
  columns,
  row,
}: {
  title: string;
  note?: string;
  /** Undefined until they are there. */
  rows: readonly Item[] | undefined;
  error: Error | null;
  /** Asks for more of them; undefined where that is all. */
  more?: (() => void) | undefined;
  isAsked?: boolean;
  /** Of the frame until then, in pixels. */
  height: number;
  /** What stands there when there are none. */
  empty: ReactNode;
  columns: readonly Column[];
  row: (item: Item) => Row;
}) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p>{note}</p>}
      </header>
      {rows === undefined ? (
        error === null ? (
          <Skeleton height={height} />
        ) : (
          <p className="callout warn">{wordsOf(error).message}</p>
        )
      ) : rows.length === 0 ? (
        empty
      ) : (
        <>
          <Table label={title} columns={columns} rows={rows.map(row)} />
          <ShowMore more={more} isAsked={isAsked} error={error} />
        </>
      )}
    </section>
  );
}
