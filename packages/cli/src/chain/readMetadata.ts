import { BaseError } from '@kedge/core';
import { readJson } from '../target.js';

/** Metadata of a class that somebody wrote: any JSON object with a name, by which readers know the class. */
export async function readMetadata(path: string): Promise<object> {
  const metadata = await readJson(path);
  const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  const name = isObject && 'name' in metadata ? metadata.name : undefined;
  if (isObject && typeof name === 'string' && name.trim() !== '') return metadata;
  throw new BaseError(`${path} is no metadata: it must be a JSON object${isObject ? ' with the text "name"' : ''}.`, {
    code: 'metadata_invalid',
    hints: ['Example: {"name": "My model", "licence": "MIT"}'],
  });
}
