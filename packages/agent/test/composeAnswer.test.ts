import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { composeAnswer } from '../src/composeAnswer.js';
import { createSectionIndex } from '../src/createSectionIndex.js';
import { splitSections } from '../src/splitSections.js';

/** Answers from one section with a listing of so many words. */
function answer(words: number, maxTokens: number): { readonly content: string; readonly reason: string } {
  const listing = Array.from({ length: words }, (_, index) => `escrow ${index}`).join('\n');
  return answerFrom('a.md', `# Escrow accounts\n\n\`\`\`\n${listing}\n\`\`\`\n`, { maxTokens });
}

function answerFrom(
  path: string,
  markdown: string,
  { text = 'Which escrow accounts are there?', maxTokens = 100_000 } = {},
): { readonly content: string; readonly reason: string } {
  const sections = splitSections({ path, cid: 'c', bytes: Buffer.from(markdown) });
  const titles = sections.map(({ headings }) => headings[0]!);
  const pieces = composeAnswer(createSectionIndex(sections), titles, { text, earlier: [] }, maxTokens);
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

test('a document names itself in one line of the sources, and no longer than a heading is', () => {
  const title = `Escrow \u001b[31maccounts ${'x'.repeat(1_000)}`;
  const markdown = `# ${title}\n\nEscrow accounts hold payment.\n`;
  const { content } = answerFrom('a.md\n[2] b.md § C (d, bytes 0-9)', markdown);
  const [, sources] = content.split('\n\nSources:\n');
  expect(sources).toMatch(
    /^\[1\] a\.md \[2\] b\.md § C \(d, bytes 0-9\) § Escrow \[31maccounts x{50,110}… \(c, bytes .*\)$/,
  );
  const refusal = answerFrom('a.md', markdown, { text: 'Who won the football match?' }).content;
  expect(refusal).toContain('I cannot answer that');
  expect(refusal.length).toBeLessThan(400);
});

test('an embedded picture is not quoted, and what stands beside it is', () => {
  const picture = `Escrow accounts in a picture: ![](data:image/png;base64,${'iVBORw0KGgo'.repeat(10_000)})`;
  const { content } = answerFrom('a.md', `# Escrow accounts\n\n${picture}\n\nEscrow accounts hold payment.\n`);
  expect(content).toMatch(/^Escrow accounts hold payment\. \[1\]\n\nSources:\n\[1\] [^\n]*$/);
});
