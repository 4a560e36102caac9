import * as z from 'zod';

// Fields that several kinds of requests share. Requests are read loosely: a field that tomorrow's clients send is no error
// today, and passes on unchanged.

export const modelSchema = z.string().min(1);

export const tokenLimitSchema = z.int().positive().nullish();

export const streamOptionsSchema = z.looseObject({ include_usage: z.boolean().nullish() }).nullish();

const tokenIds = z.array(z.int().nonnegative()).min(1);

/** One text or list of token numbers, or several. */
export const textsSchema = z.union(
  [z.string(), z.array(z.string()).min(1), tokenIds, z.array(tokenIds).min(1)],
  'expected a text, a list of token numbers, or a list of either',
);

export function requestHints(what: string): readonly string[] {
  return [`Send what ${what} takes; docs/reference/http-api.md says what is read.`];
}
