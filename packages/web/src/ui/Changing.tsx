/** A value that lights up for a moment when it changes: a new key is a new element, whose animation begins anew. */
export function Changing({ value, className = '' }: { value: string; className?: string }) {
  return (
    <span key={value} className={`changing ${className}`}>
      {value}
    </span>
  );
}
