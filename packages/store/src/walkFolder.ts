import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { comparePaths } from '@kedge/core';
import { asked, changed, isSameState, stateOf, unreadable, type FileState } from './readChunks.js';

/** A regular file below the root: its path from there, and its state when it was seen. */
type FoundFile = { readonly path: string; readonly state: FileState };
/** Something that the format does not hold, and why. */
export type Refusal = { readonly path: string; readonly reason: string };

export type Walk = {
  /** In the order of comparePaths. */
  readonly files: readonly FoundFile[];
  readonly emptyFolders: readonly string[];
  /** Hidden files and folders that were left out; folders end in `/`. */
  readonly skipped: readonly string[];
  readonly refused: readonly Refusal[];
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Lists a folder by the rules of docs/specs/anchoring.md. What cannot be anchored is returned, not thrown, so that a
 * person sees all of it at once.
 */
export async function walkFolder(root: string, hidden: 'skip' | 'include'): Promise<Walk> {
  const files: FoundFile[] = [];
  const emptyFolders: string[] = [];
  const skipped: string[] = [];
  const refused: Refusal[] = [];
  const isLeftOut = (name: string): boolean => hidden === 'skip' && name.startsWith('.');

  async function visit(folder: string): Promise<void> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const { names, undecodable } = await namesIn(root, folder);
    for (const name of undecodable) {
      if (isLeftOut(name)) skipped.push(prefix + name);
      else refused.push({ path: prefix + name, reason: 'its name is not UTF-8' });
    }
    const shown = names.filter((name) => !isLeftOut(name));
    for (const clash of clashesOf(shown, prefix)) refused.push(clash);
    let kept = 0;
    for (const name of names) {
      const path = prefix + name;
      // Synchronous, because it takes a few microseconds, and a thread's round trip ten times that.
      const state = asked(path, () => lstatSync(`${root}/${path}`, { bigint: true }));
      if (isLeftOut(name)) {
        skipped.push(state.isDirectory() ? `${path}/` : path);
        continue;
      }
      kept++;
      if (state.isFile()) files.push({ path, state: stateOf(state) });
      else if (state.isDirectory()) await visit(path);
      else refused.push({ path, reason: state.isSymbolicLink() ? 'a symbolic link' : 'not a regular file' });
    }
    if (kept === 0 && folder !== '') emptyFolders.push(folder);
  }

  await visit('');
  return {
    files: files.toSorted((left, right) => comparePaths(left.path, right.path)),
    emptyFolders: emptyFolders.toSorted(comparePaths),
    skipped: skipped.toSorted(comparePaths),
    refused,
  };
}

/** Compares two looks at the same folder. Throws `file_changed` naming the first file that is not as it was. */
export function assertSameWalk(before: Walk, after: Walk): void {
  const earlier = new Map(before.files.map((file) => [file.path, file.state]));
  for (const { path, state } of after.files) {
    const was = earlier.get(path);
    if (!was) throw changed(path, 'it appeared');
    if (!isSameState(was, state)) throw changed(path, 'it was written to');
    earlier.delete(path);
  }
  for (const [path] of earlier) throw changed(path, 'it was removed');
  const folders = new Set(before.emptyFolders);
  const other = after.emptyFolders.find((path) => !folders.delete(path)) ?? [...folders][0] ?? after.refused[0]?.path;
  if (other !== undefined) throw changed(other, 'it appeared or was removed');
}

/** Names as bytes: one that is not UTF-8 would otherwise be changed silently. Those are apart, each as it is shown. */
async function namesIn(root: string, folder: string): Promise<{ names: string[]; undecodable: string[] }> {
  const raw = await readdir(`${root}/${folder}`, { encoding: 'buffer' }).catch((error: unknown) => {
    throw unreadable(folder === '' ? root : `${folder}/`, error);
  });
  const names: string[] = [];
  const undecodable: string[] = [];
  for (const bytes of raw) {
    try {
      names.push(decoder.decode(bytes));
    } catch {
      undecodable.push(bytes.toString('latin1').replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`));
    }
  }
  return { names: names.toSorted(comparePaths), undecodable };
}

/** Names that some file systems hold for the same: they differ only in case or in Unicode form. */
function clashesOf(names: readonly string[], prefix: string): Refusal[] {
  const firsts = new Map<string, string>();
  const clashes: Refusal[] = [];
  for (const name of names) {
    const key = name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, name);
    else
      clashes.push({
        path: prefix + name,
        reason: `differs from ${showName(prefix + first)} only in case or Unicode form`,
      });
  }
  return clashes;
}

/** A name whose letters beyond ASCII are shown as code points too: two forms of one letter look the same. */
function showName(name: string): string {
  const points = [...name].filter((letter) => letter > '~').map((letter) => `U+${letter.codePointAt(0)!.toString(16)}`);
  return points.length === 0 ? `'${name}'` : `'${name}' (${points.join(' ')})`;
}
