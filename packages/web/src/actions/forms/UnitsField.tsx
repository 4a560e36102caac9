import { BaseError, parseUnits } from '@kedge/core';
import { useId } from 'react';
import { plainUnits } from '../../data/priceText.js';
import { showUnits } from '../../ui/format.js';

/** What a text says in base units, or why it does not. */
export type ParsedUnits = { readonly units: bigint } | { readonly problem: string | undefined };

/** Reads a number of whole units; an empty text is no problem yet. */
export function parseUnitsText(text: string, decimals: number, most: bigint, what = 'units'): ParsedUnits {
  if (text.trim() === '') return { problem: undefined };
  try {
    const units = parseUnits(text.trim().replaceAll(',', ''), decimals);
    if (units <= 0n) return { problem: 'More than 0 is needed.' };
    if (units > most) return { problem: `There are ${showUnits(most, decimals)} ${what}.` };
    return { units };
  } catch (error) {
    if (error instanceof BaseError) return { problem: error.hints[0] ?? error.shortMessage };
    throw error;
  }
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
        {problem ?? (most === undefined ? `In ${unit}` : `Up to ${showUnits(most, decimals)} ${unit}`)}
      </span>
    </div>
  );
}
