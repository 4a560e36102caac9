import type { ReactNode } from 'react';
import { addressProblem } from './parseAddress.js';
import { TextField } from './TextField.js';

/** One address, and what is wrong with it as it is typed. */
export function AddressField(field: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint: ReactNode;
}) {
  return <TextField {...field} problem={addressProblem(field.value)} isMono />;
}
