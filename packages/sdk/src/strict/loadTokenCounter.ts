import { BaseError, bytesToHex, tokenizablePieces, tokenizer, utf8, type Policy, type TokenCount } from '@kedge/core';

let loading: Promise<{ readonly count: TokenCount; readonly vocabularySha256: string }> | undefined;

/**
 * The counter of tokens that a policy pins. Loaded when it is first asked for: the vocabulary has two megabytes.
 *
 * @throws BaseError `tokenizer_differs` where the policy pins another one: what cannot be recounted is not signed for.
 */
export async function loadTokenCounter(pin: Policy['tokenizer']): Promise<TokenCount> {
  const { count, vocabularySha256 } = await (loading ??= load());
  if (pin.package === tokenizer.package && pin.vocabularySha256 === vocabularySha256) return count;
  throw new BaseError('The policy counts tokens with another tokenizer than this client has.', {
    code: 'tokenizer_differs',
    values: { pinned: `${pin.package} ${pin.vocabularySha256}`, own: `${tokenizer.package} ${vocabularySha256}` },
    hints: ['Install the version of @kedge/sdk that the operator names.'],
  });
}

async function load(): Promise<{ readonly count: TokenCount; readonly vocabularySha256: string }> {
  const [{ countTokens }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/encoding/o200k_base'),
    import('gpt-tokenizer/bpeRanks/o200k_base'),
  ]);
  // Text that looks like a special token is counted as the plain text it is.
  const plainText = { disallowedSpecial: new Set<string>() };
  const lines: string[] = [];
  (ranks as readonly (string | readonly number[] | undefined)[]).forEach((token, rank) => {
    if (token === undefined) return;
    const bytes = typeof token === 'string' ? utf8(token) : Uint8Array.from(token);
    lines.push(`${btoa(String.fromCharCode(...bytes))} ${rank}\n`);
  });
  const digest = await crypto.subtle.digest('SHA-256', utf8(lines.join('')) as Uint8Array<ArrayBuffer>);
  return {
    count: (text) => tokenizablePieces(text).reduce((sum, piece) => sum + countTokens(piece, plainText), 0),
    vocabularySha256: bytesToHex(new Uint8Array(digest)),
  };
}
