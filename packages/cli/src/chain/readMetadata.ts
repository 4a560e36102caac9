import { BaseError } from '@kedge/core';
import { readJson } from '../target.js';

/** Metadata of a class that somebody wrote: any JSON object. */
export async function readMetadata(path: string): Promise<object> {
  const metadata = await readJson(path);
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) return metadata;
  throw new BaseError(`${path} is no metadata: it must be a JSON object.`, {
    code: 'metadata_invalid',
    hints: ['Example: {"name": "My model", "licence": "MIT"}', 'Or leave --metadata out and pass --name.'],
  });
}
