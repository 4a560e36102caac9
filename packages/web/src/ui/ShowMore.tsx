import { useEffect, useRef, useState } from 'react';

/** What shows more of a list. */
type Properties = {
  /** Asks for what follows; undefined where that is all. */
  readonly more: (() => void) | undefined;
  /** What follows is on its way. */
  readonly isAsked?: boolean;
  /** Why nothing comes now. */
  readonly error?: Error | null;
};

/** The button below a list that goes on. Who has come to the end by it is told, and goes on from there. */
export function ShowMore({ more, isAsked = false, error = null }: Properties) {
  const [wasUsed, setUsed] = useState(false);
  const end = useRef<HTMLParagraphElement>(null);
  const isEnd = more === undefined;
  useEffect(() => {
    if (isEnd && wasUsed) end.current?.focus({ preventScroll: true });
  }, [isEnd, wasUsed]);
  if (isEnd && !wasUsed) return null;
  return (
    <div className="row center">
      {isEnd ? (
        <p className="small muted" ref={end} tabIndex={-1}>
          That is all.
        </p>
      ) : (
        <button
          className="button"
          type="button"
          aria-busy={isAsked}
          onClick={() => {
            setUsed(true);
            if (!isAsked) more();
          }}
        >
          {isAsked && <span className="spinner" />} Show more
        </button>
      )}
      {error !== null && !isEnd && !isAsked && (
        <p className="small muted" role="status">
          The indexer does not answer now: press it again when it does.
        </p>
      )}
    </div>
  );
}
