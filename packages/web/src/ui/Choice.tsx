import { Segments } from './Segments.js';

const fewest = 4;

/** A choice of one: among a few that all are visible, of more in a list. */
export function Choice<choice extends string>(given: {
  label: string;
  choices: Readonly<Record<choice, string>>;
  value: choice;
  onChange: (value: choice) => void;
}) {
  const { label, choices, value, onChange } = given;
  const all = Object.entries(choices) as [choice, string][];
  if (all.length < fewest) return <Segments {...given} />;
  return (
    <select
      className="input choice"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as choice)}
    >
      {all.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  );
}
