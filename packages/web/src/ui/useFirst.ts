import { useState } from 'react';

/**
 * The first of a list that anyone may have made long, and what shows more of it; undefined where that is all.
 *
 * @param beyond asks for what follows the items that are at hand, where there is more of them elsewhere
 */
export function useFirst<item>(
  items: readonly item[],
  first: number,
  step = first,
  beyond?: () => void,
): { shown: readonly item[]; more: (() => void) | undefined } {
  const [count, setCount] = useState(first);
  const isCut = count < items.length;
  const grow = (): void => {
    setCount(count + step);
    if (!isCut) beyond?.();
  };
  return { shown: items.slice(0, count), more: isCut || beyond !== undefined ? grow : undefined };
}
