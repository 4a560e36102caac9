import { BaseError } from '@kedge/core';
import type { AnchoredDocument } from './loadDocuments.js';
import { splitSentences, trimRange, type TextRange } from './splitSentences.js';

/** The smallest thing that is quoted: its text is exactly the document's bytes `[start, end)`. */
export type Passage = {
  readonly kind: 'sentence' | 'item' | 'row' | 'code';
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

/** What stands under one heading, up to the next one. */
export type Section = {
  readonly path: string;
  readonly cid: string;
  /** Headings from the document's title down to this one. */
  readonly headings: readonly string[];
  readonly passages: readonly Passage[];
};

/** UTF-16 units. What is longer is an embedded picture or data: it answers nothing, and is quoted whole or not at all. */
const longestPassage = 16_000;

const headingLine = /^\uFEFF? {0,3}(#{1,6})\s([^]*)$/;
const fenceLine = /^ {0,3}(`{3,}|~{3,})/;
const itemLine = /^\s*(?:[-*+]|\d{1,3}[.)])\s+/;
const commentLine = /^\s*<!--.*-->\s*$/;
const rowLine = /^\s*\|/;
const ruleRow = /^\s*\|[\s:|-]+$/;

/**
 * Splits a Markdown document into sections by heading, and each section into passages that can be quoted byte for byte.
 *
 * @throws BaseError `document_not_utf8` when the document is not UTF-8, because byte ranges would then be wrong.
 */
export function splitSections(document: AnchoredDocument): Section[] {
  const text = decode(document);
  const byteAt = byteOffsets(text);
  const sections: { headings: string[]; passages: Passage[] }[] = [];
  const titles: string[] = [];
  let current = { headings: [document.path], passages: [] as Passage[] };
  sections.push(current);

  const push = (kind: Passage['kind'], range: TextRange): void => {
    const { start, end } = trimRange(text, range);
    if (end > start && end - start <= longestPassage) {
      current.passages.push({ kind, text: text.slice(start, end), start: byteAt[start]!, end: byteAt[end]! });
    }
  };
  let paragraph: (TextRange & { kind: 'sentence' | 'item' }) | undefined;
  const flush = (): void => {
    const block = paragraph;
    paragraph = undefined;
    if (block === undefined) return;
    for (const range of splitSentences(text, block.start, block.end)) push(block.kind, range);
  };

  let fence: { start: number; mark: string } | undefined;
  for (const line of linesOf(text)) {
    const content = text.slice(line.start, line.end);
    const mark = fenceLine.exec(content)?.[1];
    if (fence !== undefined) {
      if (mark !== undefined && mark[0] === fence.mark[0] && mark.length >= fence.mark.length) {
        push('code', { start: fence.start, end: line.end });
        fence = undefined;
      }
      continue;
    }
    const heading = headingLine.exec(content);
    if (mark !== undefined) {
      flush();
      fence = { start: line.start, mark };
    } else if (heading !== null) {
      flush();
      titles.length = Math.min(titles.length, heading[1]!.length - 1);
      titles.push(titleOf(heading[2]!));
      current = { headings: [...titles], passages: [] };
      sections.push(current);
    } else if (content.trim() === '' || commentLine.test(content)) {
      flush();
    } else if (rowLine.test(content)) {
      flush();
      if (!ruleRow.test(content)) push('row', rowCells(text, line));
    } else {
      const marker = itemLine.exec(content)?.[0].length;
      if (marker !== undefined) {
        flush();
        paragraph = { kind: 'item', start: line.start + marker, end: line.end };
      } else {
        paragraph = { kind: 'sentence', start: line.start, ...paragraph, end: line.end };
      }
    }
  }
  flush();
  if (fence !== undefined) push('code', { start: fence.start, end: text.length });
  return sections
    .filter((section) => section.passages.length > 0)
    .map((section) => ({ path: document.path, cid: document.cid, ...section }));
}

/** What a heading says: without white space around it, and without the marks that may close it, which stand apart. */
function titleOf(text: string): string {
  return text
    .trim()
    .replace(/(?:^|\s)#+$/, '')
    .trim();
}

function decode(document: AnchoredDocument): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(document.bytes);
  } catch (cause) {
    throw new BaseError(`${document.path} is not UTF-8 text.`, {
      code: 'document_not_utf8',
      values: { path: document.path, cid: document.cid },
      hints: ['Save the file as UTF-8 and anchor it again.'],
      cause,
    });
  }
}

/** Byte offset of every UTF-16 position of `text`, its end included. */
function byteOffsets(text: string): Uint32Array {
  const offsets = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    offsets[index] = bytes;
    const unit = text.charCodeAt(index);
    // A surrogate pair is four bytes, counted two for each half: no passage begins or ends between the halves.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  offsets[text.length] = bytes;
  return offsets;
}

function* linesOf(text: string): Generator<TextRange> {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    yield { start, end };
    start = end + 1;
  }
}

/** A table row without its outer bars. */
function rowCells(text: string, line: TextRange): TextRange {
  const { start, end } = trimRange(text, line);
  return { start: start + 1, end: text[end - 1] === '|' ? end - 1 : end };
}
