import { cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaseError } from '@kedge/core';
import { makeFolder } from '@kedge/store/makeFolder';

/** The folder of this package. */
const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

const sources = ['README.md', 'docs'];
/** Pictures of the dashboard: they answer no question. */
const isPicture = /[/\\]docs[/\\]screenshots([/\\]|$)/;
/** Anchoring leaves it out; an editor's lock, which is a link that leads nowhere, cannot even be copied. */
const isHidden = (source: string): boolean => basename(source).startsWith('.');

/** Kedge's own docs, copied to one folder. */
type StagedDocs = {
  readonly folder: string;
  /** Day of the newest change (ISO 8601): the metadata's date, so that the same files give the same metadata. */
  readonly changedOn: string;
  remove(): void;
};

/** Where README.md and docs/ stand: the root of the clone, else the package itself, which npm packs them into. */
export function docsRootOf(packageFolder: string): string {
  const clone = join(packageFolder, '..', '..');
  return existsSync(join(clone, 'packages', 'cli', 'package.json')) ? clone : packageFolder;
}

/**
 * Copies README.md and docs/ of the installation side by side into `<parent>/kedge`, since what is anchored is one
 * folder. Answers cite the path below it.
 *
 * @throws BaseError code `no_docs`
 */
export function stageDocs(parent: string, root: string = docsRootOf(packageRoot)): StagedDocs {
  const folder = join(parent, 'kedge');
  rmSync(folder, { recursive: true, force: true });
  makeFolder(folder);
  const present = sources.filter((name) => existsSync(join(root, name)));
  for (const name of present)
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      dereference: true,
      preserveTimestamps: true,
      filter: (source) => !isPicture.test(source) && !isHidden(source),
    });
  if (!present.includes('docs')) {
    throw new BaseError(`there are no docs to anchor: ${join(root, 'docs')} is missing`, {
      code: 'no_docs',
      hints: ['kedge up anchors the docs that came with it: install Kedge again, or run it from a clone'],
    });
  }
  return { folder, changedOn: newestChange(folder), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function newestChange(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const times = files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return new Date(Math.max(...times)).toISOString().slice(0, 10);
}
