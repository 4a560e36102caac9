/** Marks a class whose issuer may mint shares without a bound (R23). */
export function DilutablePill({ dilutable }: { dilutable: boolean }) {
  if (!dilutable) return null;
  return (
    <span className="pill" title="Its shares have no cap: the issuer may mint more at any time">
      dilutable
    </span>
  );
}
