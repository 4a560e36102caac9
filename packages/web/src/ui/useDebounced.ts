import { useEffect, useState } from 'react';

/** A value that follows `value` once that has not changed for `delay` ms. */
export function useDebounced<value>(value: value, delay = 200): value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}
