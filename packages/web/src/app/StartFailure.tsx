import { ErrorState } from '../ui/ErrorState.js';

/** Instead of the dashboard, when it does not know where anything is. */
export function StartFailure({ error }: { error: unknown }) {
  return (
    <main className="main">
      <h1 className="visually-hidden">Kedge</h1>
      <ErrorState error={error} onRetry={() => location.reload()} />
    </main>
  );
}
