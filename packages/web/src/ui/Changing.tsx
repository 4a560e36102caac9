import type { ReactNode } from 'react';

/** A value that lights up for a moment when it changes: a new key is a new element, whose animation begins anew. */
export function Changing({
  value,
  className = '',
  children = value,
}: {
  value: string;
  className?: string;
  /** How it is drawn. */
  children?: ReactNode;
}) {
  return (
    <span key={value} className={`changing ${className}`}>
      {children}
    </span>
  );
}
