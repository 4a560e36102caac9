import { BaseError, parseUnits } from '@kedge/core';
import { useId } from 'react';
import { plainUnits } from '../../data/priceText.js';
import { showUnits, unitsText } from '../../ui/format.js';

/** What a text says in base units, or why it does not. */
export type ParsedUnits = { readonly units: bigint } | { readonly problem: string | undefined };

const betweenThousands = /^\d{1,3}(,\d{3})+(\.\d*)?$/;

/** Reads a number of whole units; an empty text is no problem yet. */
export function parseUnitsText(text: string, decimals: number, most: bigint, unit = 'units'): ParsedUnits {
  const typed = text.trim();
  if (typed === '') return { problem: undefined };
  // Elsewhere a comma may stand for the point before the decimals: ten times as much would be bought.
  const isUnclear = typed.includes(',') && !betweenThousands.test(typed);
  if (isUnclear) return { problem: 'Commas part thousands, and a point the decimals: 1,000.5.' };
  try {
    const units = parseUnits(typed.replaceAll(',', ''), decimals);
    if (units <= 0n) return { problem: 'More than 0 is needed.' };
    if (units > most) return { problem: `At most ${mostText(most, decimals, unit)}.` };
    return { units };
  } catch (error) {
    if (error instanceof BaseError) return { problem: error.hints[0] ?? error.shortMessage };
    throw error;
  }
}

function mostText(most: bigint, decimals: number, unit: string): string {
  return unit === 'units' ? unitsText(most, decimals) : `${showUnits(most, decimals)} ${unit}`;
}

/** A number of units, with the largest one at hand. */
export function UnitsField({
  label,
  text,
  onText,
  parsed,
  decimals,
  most,
  unit = 'units',
}: {
  label: string;
  text: string;
  onText: (text: string) => void;
  parsed: ParsedUnits;
  decimals: number;
  /** Offered as "All"; undefined: nothing to offer. */
  most: bigint | undefined;
  unit?: string;
}) {
  const id = useId();
  const problem = 'problem' in parsed ? parsed.problem : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="with-button">
        <input
          id={id}
          className="input number"
          inputMode="decimal"
          autoComplete="off"
          value={text}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-note`}
          onChange={(event) => onText(event.target.value)}
        />
        {most !== undefined && (
          <button className="button" type="button" onClick={() => onText(plainUnits(most, decimals))}>
            All
          </button>
        )}
      </div>
      <span id={`${id}-note`} className={problem === undefined ? 'hint' : 'problem'}>
        {problem ?? (most === undefined ? `In ${unit}` : `Up to ${mostText(most, decimals, unit)}`)}
      </span>
    </div>
  );
}
