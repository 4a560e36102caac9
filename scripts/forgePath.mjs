import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** forge from npm where there is one for this platform, else from PATH. */
export function forgePath() {
  const local = fileURLToPath(new URL('../node_modules/.bin/forge', import.meta.url));
  return existsSync(local) ? local : 'forge';
}
