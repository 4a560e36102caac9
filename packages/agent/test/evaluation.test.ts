import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAgent, type Agent } from '../src/createAgent.js';
import { isAnswerable } from '../src/isAnswerable.js';
import { anchorProjectDocs } from './docsFixture.js';
import { citationsOf } from './citationsOf.js';

type Questions = { about: { question: string; expect: string[] }[]; offTopic: string[] };

const { about, offTopic } = readQuestions('questions.json');
// Written after the ranking worked; some of it was used to weigh the ranking since.
const more = readQuestions('moreQuestions.json');

function readQuestions(name: string): Questions {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Questions;
}

let docs: Awaited<ReturnType<typeof anchorProjectDocs>>;
let agent: Agent;

beforeAll(async () => {
  docs = await anchorProjectDocs();
  agent = await createAgent({ documents: docs.documents });
});

afterAll(async () => {
  await agent.close();
  await docs.remove();
});

function missed(questions: Questions['about']): string[] {
  return questions
    .filter(({ question, expect: expected }) => {
      const found = agent.search(question).slice(0, 3);
      return !found.some(({ section }) => expected.includes(`${section.path} § ${section.headings.at(-1)}`));
    })
    .map(({ question }) => question);
}

async function ask(question: string): Promise<string> {
  const response = await fetch(`${agent.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'kedge-docs', messages: [{ role: 'user', content: question }] }),
  });
  const body = (await response.json()) as { choices: { message: { content: string } }[] };
  return body.choices[0]!.message.content;
}

describe('the fixed questions about the docs', () => {
  test('there are 30 about the docs and 10 about anything else, and every expected section exists', () => {
    expect(about).toHaveLength(30);
    expect(offTopic).toHaveLength(10);
    const files = new Map(docs.documents.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));
    for (const expected of [...about, ...more.about].flatMap((item) => item.expect)) {
      const [path, heading] = expected.split(' § ') as [string, string];
      expect(files.get(path)?.split('\n'), expected).toContainEqual(
        expect.stringMatching(new RegExp(`^#+ ${escape(heading)}$`)),
      );
    }
  });

  test('at least 27 of 30 have the right section among the first three', () => {
    expect(missed(about).slice(3)).toEqual([]);
  });

  test('of 30 more questions at least 26 have, and of 15 more off-topic ones at least 14 are declined', () => {
    expect([more.about.length, more.offTopic.length]).toEqual([30, 15]);
    expect(missed(more.about).slice(4)).toEqual([]);
    expect(more.offTopic.filter((question) => isAnswerable(agent.search(question))).slice(1)).toEqual([]);
  });

  test('at least 27 of 30 answers cite the right section', async () => {
    const uncited: string[] = [];
    for (const { question, expect: expected } of about) {
      const cited = [...citationsOf(await ask(question)).sources.values()];
      if (!cited.some(({ path, heading }) => expected.includes(`${path} § ${heading}`))) uncited.push(question);
    }
    expect(uncited.slice(3)).toEqual([]);
  });

  test('all 30 are answered, and none of the 10 off-topic ones is', async () => {
    expect(about.filter(({ question }) => !isAnswerable(agent.search(question)))).toEqual([]);
    for (const question of offTopic) {
      const answer = await ask(question);
      expect(answer, question).toMatch(/^I cannot answer that: .* I answer questions about .*Glossary, .*Protocol/);
      expect(answer).not.toContain('Sources:');
    }
  });

  test('every quotation of every answer is, byte for byte, in the anchored range that it cites', async () => {
    for (const { question } of about) {
      const { quotations, sources } = citationsOf(await ask(question));
      expect(quotations.length, question).toBeGreaterThan(0);
      expect(new Set(quotations.map(({ number }) => number))).toEqual(new Set(sources.keys()));
      for (const { number, text } of quotations) {
        const { cid, path, heading, start, end } = sources.get(number)!;
        const range = Buffer.concat(await piecesOf(docs.store.catFile(cid, { offset: start, length: end - start })));
        expect(range.length).toBe(end - start);
        expect(range.toString('utf8'), `${question} [${number}]`).toContain(text);
        const document = docs.documents.find((each) => each.cid === cid)!;
        expect(path).toBe(document.path);
        const before = Buffer.from(document.bytes.subarray(0, start)).toString('utf8');
        expect(before.match(/^#+ .*$/gm)?.at(-1)).toMatch(new RegExp(`^#+ ${escape(heading)}$`));
      }
    }
  });
});

test('what a word of the glossary means is told from the glossary, or from the section that has its name', () => {
  const glossary = docs.documents.find(({ path }) => path === 'docs/reference/glossary.md')!;
  const words = [
    ...Buffer.from(glossary.bytes)
      .toString('utf8')
      .matchAll(/^## (.*)$/gm),
  ].map(([, word]) => word!);
  expect(words).toContain('Lot');
  const unexplained = words.filter((word) => {
    const found = agent.search(`What does ${word.toLowerCase()} mean?`);
    const places = found.slice(0, 2).map(({ section }) => `${section.path} § ${section.headings.at(-1)}`);
    return !isAnswerable(found) || !places.includes(`${glossary.path} § ${word}`);
  });
  expect(unexplained).toEqual([]);
});

async function piecesOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return pieces;
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
