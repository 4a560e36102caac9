/** Milliseconds as whole seconds, or, from two minutes on, minutes: 0 s, 119 s, 2 min. */
export function secondsText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
