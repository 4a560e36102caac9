import { createHash } from 'node:crypto';
import { tokenizer, type Hex, type Policy } from '@kedge/core';
import bpeRanks from 'gpt-tokenizer/bpeRanks/o200k_base';

let pin: Policy['tokenizer'] | undefined;

/**
 * The tokenizer that this gateway counts with, as a policy pins it. `vocabularySha256` is the SHA-256 of the vocabulary
 * written as lines `<base64 of the token's bytes> <rank>\n` in ascending rank: the `.tiktoken` format, so that it equals
 * the SHA-256 of the published o200k_base.tiktoken. It is computed from the vocabulary in memory, not from a file beside it.
 */
export function tokenizerPin(): Policy['tokenizer'] {
  pin ??= { ...tokenizer, vocabularySha256: vocabularySha256() };
  return pin;
}

function vocabularySha256(): Hex {
  const lines: string[] = [];
  (bpeRanks as readonly (string | readonly number[] | undefined)[]).forEach((token, rank) => {
    if (token !== undefined) lines.push(`${Buffer.from(token as string).toString('base64')} ${rank}\n`);
  });
  return `0x${createHash('sha256').update(lines.join('')).digest('hex')}`;
}
