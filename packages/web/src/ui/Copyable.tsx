import { useEffect, useState } from 'react';
import { shorten } from './format.js';
import { Icon } from './icons.js';

/** A hash, address or id, shortened, with a button that copies the whole of it. */
export function Copyable({ value, label, whole = false }: { value: string; label: string; whole?: boolean }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => void navigator.clipboard.writeText(value).then(() => setCopied(true));
  return (
    <span className="copyable">
      <span title={value}>{whole ? value : shorten(value)}</span>
      <button
        className="icon-button tiny"
        type="button"
        onClick={copy}
        aria-label={copied ? `${label} copied` : `Copy ${label}`}
      >
        <Icon name={copied ? 'check' : 'copy'} size={15} />
      </button>
    </span>
  );
}
