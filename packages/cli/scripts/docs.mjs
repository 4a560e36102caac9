// Lays README.md and docs/ of the clone into the package while it is packed, and takes them away again: `kedge up` anchors
// them, from the clone where it runs there.
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [task] = process.argv.slice(2);
if (task !== 'copy' && task !== 'remove') throw new Error(`unknown task "${task}"; known: copy, remove`);
const isPicture = /[/\\]docs[/\\]screenshots$/;

for (const name of ['README.md', 'docs']) {
  const inPackage = fileURLToPath(new URL(`../${name}`, import.meta.url));
  rmSync(inPackage, { recursive: true, force: true });
  if (task === 'remove') continue;
  const inClone = fileURLToPath(new URL(`../../../${name}`, import.meta.url));
  cpSync(inClone, inPackage, { recursive: true, filter: (source) => !isPicture.test(source) });
}
