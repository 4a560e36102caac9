import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { composeAnswer } from '../src/composeAnswer.js';
import { createSectionIndex } from '../src/createSectionIndex.js';
import { splitSections } from '../src/splitSections.js';

/** Answers from one section with a listing of so many words. */
function answer(words: number, maxTokens: number): { readonly content: string; readonly reason: string } {
  const listing = Array.from({ length: words }, (_, index) => `escrow ${index}`).join('\n');
  const bytes = Buffer.from(`# Escrow accounts\n\n\`\`\`\n${listing}\n\`\`\`\n`);
  const sections = splitSections({ path: 'a.md', cid: 'c', bytes });
  const question = { text: 'Which escrow accounts are there?', earlier: [] };
  const pieces = composeAnswer(createSectionIndex(sections), ['Escrow accounts'], question, maxTokens);
  let content = '';
  let step = pieces.next();
  for (; !step.done; step = pieces.next()) content += step.value;
  return { content, reason: step.value };
}

test('a passage that is too long is cut to as many words as fit', () => {
  for (const maxTokens of [1, 2, 17, 100]) {
    const { content, reason } = answer(200, maxTokens);
    expect(reason).toBe('length');
    expect(countTokens(content)).toBeLessThanOrEqual(maxTokens);
    expect(countTokens(content)).toBeGreaterThan(maxTokens - 4);
  }
  expect(answer(20, 10_000).reason).toBe('stop');
});

test('a section of more passages than a call takes arguments is quoted like any other', () => {
  const rows = '| escrow account |\n'.repeat(130_000);
  const sections = splitSections({ path: 'a.md', cid: 'c', bytes: Buffer.from(`# Escrow accounts\n\n${rows}`) });
  expect(createSectionIndex(sections).search('Which escrow accounts are there?')).toHaveLength(1);
});
