// What was built of a source that is gone, as after a pull that moved it: it would be imported, checked and packed all the same.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const outputs = ['.js', '.js.map', '.d.ts', '.d.ts.map'];

/** Removes outputs of the compiler below `packages`, the folder of all packages, that have no source any more. */
export function removeStale(packages) {
  for (const name of readdirSync(packages)) {
    const [src, dist] = [path.join(packages, name, 'src'), path.join(packages, name, 'dist')];
    // Other tools write to `dist`, too.
    if (!existsSync(path.join(dist, '.tsbuildinfo'))) continue;
    for (const file of readdirSync(dist, { recursive: true }).filter((each) => each.endsWith('.js.map'))) {
      const module = file.slice(0, -'.js.map'.length);
      if (['.ts', '.tsx'].some((ending) => existsSync(path.join(src, module + ending)))) continue;
      for (const output of outputs) rmSync(path.join(dist, module + output), { force: true });
    }
  }
}
