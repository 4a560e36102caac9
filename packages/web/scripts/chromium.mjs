// The browser of the dashboard's tests: where it is, and how it gets there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** What to do where no browser is found and none may be installed. */
export const howToInstall =
  'install Chromium (Debian: apt-get install -y --no-install-recommends chromium), or name one: KEDGE_CHROMIUM=/path/to/chromium';

/** The path of a Chromium, or undefined. */
export function findChromium(environment = process.env) {
  const named = environment.KEDGE_CHROMIUM;
  if (named !== undefined && named !== '') return named;
  return places.find(existsSync);
}

/** Finds a Chromium, and installs Debian's where there is none and this process may. */
export function ensureChromium(environment = process.env) {
  const found = findChromium(environment);
  const isRoot = process.getuid?.() === 0;
  if (found !== undefined || !isRoot || !existsSync('/usr/bin/apt-get')) return found;
  console.error('installing Chromium for the tests of the dashboard (about 400 MB, once)');
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...environment, DEBIAN_FRONTEND: 'noninteractive' },
  };
  for (const words of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
  ]) {
    if (spawnSync('/usr/bin/apt-get', words, options).status !== 0) break;
  }
  return findChromium(environment);
}
