import { Suspense, type ReactNode } from 'react';
import { ErrorBoundary } from './ErrorBoundary.js';

/** A part of a page that is loaded when it is first drawn. Where that fails, or the part does, the rest of the page stays. */
export function Part({ waiting, children }: { waiting: ReactNode; children: ReactNode }) {
  return (
    <ErrorBoundary>
      <Suspense fallback={waiting}>{children}</Suspense>
    </ErrorBoundary>
  );
}
