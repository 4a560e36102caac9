import { useEffect, useState } from 'react';
import { copyText } from './copyText.js';
import { shorten } from './format.js';
import { Icon } from './icons.js';

/** A hash, address or id, shortened, with a button that copies the whole of it. */
export function Copyable({ value, label, whole = false }: { value: string; label: string; whole?: boolean }) {
  const [copied, setCopied] = useState<boolean | undefined>(undefined);
  useEffect(() => {
    if (copied === undefined) return;
    const timer = setTimeout(() => setCopied(undefined), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const said = copied === undefined ? `Copy ${label}` : copied ? `${label} copied` : `${label} could not be copied`;
  return (
    <span className="copyable">
      <span title={value}>{whole ? value : shorten(value)}</span>
      <button
        className="icon-button tiny"
        type="button"
        onClick={() => void copyText(value).then(setCopied)}
        aria-label={said}
      >
        <Icon name={copied === undefined ? 'copy' : copied ? 'check' : 'cross'} size={15} />
      </button>
    </span>
  );
}
