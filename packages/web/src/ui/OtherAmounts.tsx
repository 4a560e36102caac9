import { showCount } from './format.js';

const most = 2;

/** Amounts in further assets, beside the main one. Two at most are written out: anyone can pay in a token of their own. */
export function OtherAmounts({ amounts }: { amounts: readonly string[] }) {
  const more = amounts.length - most;
  return (
    <>
      {amounts.slice(0, most).map((amount, place) => (
        <small key={place}> and {amount}</small>
      ))}
      {more > 0 && <small> and {showCount(more, 'more asset')}</small>}
    </>
  );
}
