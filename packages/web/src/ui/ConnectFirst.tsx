import { EmptyState } from './EmptyState.js';

/** Stands on pages that are about an account while there is none. */
export function ConnectFirst({ what }: { what: string }) {
  return (
    <section className="card">
      <EmptyState icon="wallet" title="Connect a wallet">
        {what} Use the button at the top right; on a local chain the development accounts are there, too.
      </EmptyState>
    </section>
  );
}
