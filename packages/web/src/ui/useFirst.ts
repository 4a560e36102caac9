import { useState } from 'react';

/** The first of a list that anyone may have made long, and what shows more of it; undefined where that is all. */
export function useFirst<item>(
  items: readonly item[],
  first: number,
  step = first,
): { shown: readonly item[]; more: (() => void) | undefined } {
  const [count, setCount] = useState(first);
  return { shown: items.slice(0, count), more: count < items.length ? () => setCount(count + step) : undefined };
}
