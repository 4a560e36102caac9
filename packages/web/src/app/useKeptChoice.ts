import { useEffect, useState } from 'react';
import { useDebounced } from '../ui/useDebounced.js';
import { choiceIn, onHashChange, withChoice } from './router.js';

/**
 * What the reader chose on the present page, or wrote. It is kept in the address, in the place of what was there: the page shows
 * the same again when it is loaded anew, come back to, or sent to somebody.
 *
 * @param usual what is chosen where the address says nothing, and is not said there
 */
export function useKeptChoice(name: string, usual: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => choiceIn(location.hash, name) ?? usual);
  useEffect(() => onHashChange(() => setValue(choiceIn(location.hash, name) ?? usual)), [name, usual]);
  // Browsers take no more than a few changes of the address a second.
  const settled = useDebounced(value);
  useEffect(() => {
    const kept = withChoice(location.hash, name, settled === usual ? undefined : settled);
    if (kept !== location.hash) history.replaceState(history.state, '', kept);
  }, [name, settled, usual]);
  return [value, setValue];
}
