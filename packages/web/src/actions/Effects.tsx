import { keysOf } from '../ui/keysOf.js';
import type { Transaction } from './transaction.js';

/** What a transaction will do, line by line; several may be called alike, as what one gets in several assets. */
export function Effects({ effects }: { effects: NonNullable<Transaction['effects']> }) {
  const keys = keysOf(effects.map(({ label }) => label));
  return (
    <dl className="effects">
      {effects.map(({ label, value }, place) => (
        <div key={keys[place]}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
