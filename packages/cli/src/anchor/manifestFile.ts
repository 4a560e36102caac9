import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { BaseError, parseManifest, type Manifest } from '@kedge/core';
import type { Context } from '../context.js';
import { writeDurably } from '../files/durableFile.js';
import { textOption } from '../parse.js';
import { readJson } from '../target.js';
import { usageError } from '../usageError.js';

/** Where the manifest goes: not inside of what is anchored, where it would be a difference. */
export function manifestFileOf(context: Context, path: string): string {
  const given = textOption(context, 'out');
  if (given === undefined) {
    const folder = isInside(context.cwd, path) ? dirname(realpathSync(path)) : context.cwd;
    return join(folder, `${basename(path)}.kedge.json`);
  }
  const file = resolve(context.cwd, given);
  if (!existsSync(dirname(file)) || !isInside(dirname(file), path)) return file;
  const below = join(relative(realpathSync(path), realpathSync(dirname(file))), basename(file)).split(sep);
  if (context.options['hidden'] === true || !below.some((segment) => segment.startsWith('.'))) {
    throw usageError(
      `The manifest ${file} would be inside of what is anchored: every comparison would find it there as a difference.`,
      'Name a file elsewhere with --out.',
    );
  }
  return file;
}

/** Whether a folder is the one of this path, or below it. */
function isInside(folder: string, path: string): boolean {
  return `${realpathSync(folder)}${sep}`.startsWith(`${realpathSync(path)}${sep}`);
}

/**
 * The manifest that is in that place, which an earlier run left before it had a class; undefined when there is none.
 * @throws BaseError `manifest_exists` for any other file: it may be the only manifest of its class; a usage error for
 * a folder or a device, which no manifest can be written to, and which may have no end when it is read; the system's error
 * where no file can be made.
 */
export async function unboundManifest(file: string): Promise<Manifest | undefined> {
  const isThere = existsSync(file);
  if (isThere && !statSync(file).isFile()) {
    throw usageError(`The manifest cannot be ${file}, which is no regular file.`, 'Name a new file with --out.');
  }
  // It is written when all is read, which may have taken hours.
  accessSync(dirname(file), constants.W_OK);
  if (!isThere) return undefined;
  const manifest = await readJson(file)
    .then(parseManifest)
    .catch((error: unknown) => {
      if (error instanceof BaseError) return undefined;
      throw error;
    });
  if (manifest !== undefined && manifest.classId === undefined) return manifest;
  throw manifestExists(
    file,
    'There is a manifest already, and it may be the only one of its class.',
    manifest?.classId,
  );
}

/** An interrupted run may be repeated, over its own manifest and no other. */
export function requireSameContent(file: string, existing: Manifest, manifest: Manifest): void {
  const { cid, merkleRoot, hidden } = manifest;
  if (existing.cid === cid && existing.merkleRoot === merkleRoot && existing.hidden === hidden) return;
  throw manifestExists(file, 'There is a manifest of other content already.');
}

export function writeManifest(path: string, manifest: Manifest): void {
  writeDurably(path, `${JSON.stringify(manifest, null, 2)}\n`, 0o644);
}

function manifestExists(file: string, message: string, classId?: string): BaseError {
  return new BaseError(message, {
    code: 'manifest_exists',
    values: { file, ...(classId === undefined ? {} : { classId }) },
    hints: ['Name another file with --out, or move that one away.'],
  });
}
