import type { ReactNode } from 'react';
import { mostOthers } from '../data/mainOf.js';
import { showCount } from './format.js';

/** Amounts in further assets, beside the main one. */
export function OtherAmounts({ amounts }: { amounts: readonly ReactNode[] }) {
  const more = amounts.length - mostOthers;
  return (
    <>
      {amounts.slice(0, mostOthers).map((amount, place) => (
        <small key={place} className="other">
          {' '}
          and {amount}
        </small>
      ))}
      {more > 0 && <small className="other"> and {showCount(more, 'more asset')}</small>}
    </>
  );
}
