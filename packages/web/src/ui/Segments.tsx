/** A choice of one among few, all of them visible. */
export function Segments<choice extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string;
  choices: Readonly<Record<choice, string>>;
  value: choice;
  onChange: (value: choice) => void;
}) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {(Object.entries(choices) as [choice, string][]).map(([name, text]) => (
        <button key={name} type="button" aria-pressed={name === value} onClick={() => onChange(name)}>
          {text}
        </button>
      ))}
    </div>
  );
}
