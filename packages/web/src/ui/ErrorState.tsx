import { BaseError } from '@kedge/core';
import { Icon } from './icons.js';

/** What went wrong, in words, and a way to try again. */
export function ErrorState({ error, title, onRetry }: { error: unknown; title?: string; onRetry?: () => void }) {
  const { message, hints } = wordsOf(error);
  return (
    <div className="notice bad" role="alert">
      <span className="icon">
        <Icon name="warning" size={22} />
      </span>
      <h2>{title ?? message}</h2>
      {title !== undefined && <p>{message}</p>}
      {hints.map((hint) => (
        <p key={hint}>{hint}</p>
      ))}
      {onRetry !== undefined && (
        <div className="row">
          <button className="button" type="button" onClick={onRetry}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}

/** An error for its reader: what is wrong, and what to do. */
export function wordsOf(error: unknown): { readonly message: string; readonly hints: readonly string[] } {
  if (error instanceof BaseError) return { message: error.shortMessage, hints: error.hints };
  return { message: error instanceof Error ? error.message : String(error), hints: [] };
}
