/** Stands where something will be, in its size, so that nothing jumps. */
export function Skeleton({ width = '100%', height = 16 }: { width?: number | string; height?: number | string }) {
  return <span className="skeleton" style={{ width, height }} aria-hidden="true" />;
}

/** A page that is on its way. */
export function PageSkeleton() {
  return (
    <div className="page" role="status" aria-label="Loading">
      <Skeleton width="40%" height={32} />
      <Skeleton height={92} />
      <Skeleton height={340} />
    </div>
  );
}
