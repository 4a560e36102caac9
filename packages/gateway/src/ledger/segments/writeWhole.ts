import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file so that a crash leaves all of it under its name, or nothing.
 * @param parts What it consists of, in order.
 */
export async function writeWhole(path: string, parts: () => Iterable<Uint8Array>): Promise<void> {
  // Two processes may write the same at once, of which one was meant to be gone.
  const aside = `${path}.${process.pid}.new`;
  try {
    const file = await open(aside, 'w', 0o600);
    try {
      // Goes on where it is, and writes all of it.
      for (const part of parts()) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
