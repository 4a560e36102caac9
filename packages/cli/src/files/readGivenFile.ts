import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { BaseError } from '@kedge/core';
import { namingFile } from './namingFile.js';

const mostBytes = 256 * 2 ** 20;

/**
 * Reads a file that somebody named. Unlike Node's own, every error names the path, that of a folder too, and what never ends,
 * such as /dev/zero, is given up.
 */
export async function readGivenFile(cwd: string, file: string): Promise<Buffer> {
  const path = resolve(cwd, file);
  return readWhole(path).catch(namingFile(path));
}

async function readWhole(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes)
      throw new BaseError(`${path} is longer than 256 MiB, which nothing that is read whole may be.`, {
        code: 'file_too_long',
        hints: ['Check the path.'],
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
