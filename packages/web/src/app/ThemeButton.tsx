import { useState } from 'react';
import { Icon } from '../ui/icons.js';
import { browserStorage } from './browserStorage.js';

/** Switches between light and dark, and keeps the choice in this browser, where that keeps anything. */
export function ThemeButton() {
  const [theme, setTheme] = useState(presentTheme);
  const next = theme === 'dark' ? 'light' : 'dark';
  const choose = (): void => {
    document.documentElement.dataset['theme'] = next;
    browserStorage()?.setItem('kedge-theme', next);
    setTheme(next);
  };
  return (
    <button className="icon-button" type="button" onClick={choose} aria-label={`Use the ${next} theme`}>
      <Icon name={next === 'dark' ? 'moon' : 'sun'} />
    </button>
  );
}

function presentTheme(): 'light' | 'dark' {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
