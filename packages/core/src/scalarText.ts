/**
 * A string or a number out of somebody's JSON, as text; empty for anything else. `String` would call the `toString` of an
 * object, which a sender may have set to what is no function.
 */
export function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
