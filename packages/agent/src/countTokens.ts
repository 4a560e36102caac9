import { tokenizablePieces } from '@kedge/core';
import { countTokens as count } from 'gpt-tokenizer/encoding/o200k_base';

// Text such as <|endoftext|> in a message is text, not a control token.
const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Tokens of a text in the encoding o200k_base, counted in pieces so that no text takes long. */
export function countTokens(text: string): number {
  return tokenizablePieces(text).reduce((sum, piece) => sum + count(piece, asText), 0);
}

/** Tokens of a conversation as OpenAI's chat format frames it: 3 for each message, 3 to begin the answer. */
export function countPromptTokens(messages: readonly { readonly role: string; readonly text: string }[]): number {
  return messages.reduce((sum, { role, text }) => sum + 3 + countTokens(role) + countTokens(text), 3);
}
