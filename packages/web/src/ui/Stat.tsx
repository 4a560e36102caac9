import type { ReactNode } from 'react';

/** One figure of a row of figures. */
export function Stat({ label, children, note }: { label: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div className="stat">
      <dt>{label}</dt>
      <dd>
        {children}
        {note !== undefined && <span className="note">{note}</span>}
      </dd>
    </div>
  );
}
