import { useId, type ReactNode } from 'react';

/** One line of text with its label, and a hint or what is wrong with it. */
export function TextField({
  label,
  value,
  onChange,
  hint,
  problem,
  isMono = false,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: ReactNode;
  problem?: string | undefined;
  isMono?: boolean;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={isMono ? 'input mono' : 'input'}
        autoComplete="off"
        spellCheck={false}
        value={value}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChange(event.target.value)}
      />
      <span id={`${id}-note`} className={problem === undefined ? 'hint' : 'problem'}>
        {problem ?? hint}
      </span>
    </div>
  );
}
