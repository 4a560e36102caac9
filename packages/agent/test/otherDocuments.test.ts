import { expect, onTestFinished, test } from 'vitest';
import { createAgent, type Agent } from '../src/createAgent.js';
import { isAnswerable } from '../src/isAnswerable.js';

const documentOf = (path: string, text: string | Uint8Array) => ({
  path,
  cid: `cid-of-${path}`,
  bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
});

async function agentOver(
  documents: Parameters<typeof createAgent>[0]['documents'],
  onError?: (error: unknown) => void,
): Promise<Agent> {
  const agent = await createAgent({ documents, ...(onError === undefined ? {} : { onError }) });
  onTestFinished(() => agent.close());
  return agent;
}

const best = (agent: Agent, question: string): string | undefined => agent.search(question)[0]?.section.headings.at(-1);

test('a document that is not UTF-8 is told and left out; the others are quoted', async () => {
  const told: unknown[] = [];
  const latin = documentOf('latin.md', Uint8Array.from([0x23, 0x20, 0x47, 0x72, 0xfc, 0xdf, 0x65]));
  const tides = documentOf('tides.md', '# Tides\n\n## High water\n\nHigh water is at noon.\n');
  const agent = await agentOver([latin, tides], (error) => void told.push(error));
  expect(told).toMatchObject([{ code: 'document_not_utf8', values: { path: 'latin.md' } }]);
  expect(best(agent, 'When is high water?')).toBe('High water');
});

test('documents of which none is UTF-8 are no documents', async () => {
  const latin = documentOf('latin.md', Uint8Array.from([0xfc]));
  const starting = createAgent({ documents: [latin], onError: () => undefined });
  await expect(starting).rejects.toMatchObject({ code: 'documents_empty' });
});

const chinese = `# 潮汐观测

## 满潮时间

北海的满潮通常在中午。站长每天记录两次水位。

## 退还押金

未使用的单位可以退款。退款按购买时的价格计算。

## 数据许可

数据集采用署名许可发布。任何人都可以使用。
`;
const japanese = `# 観測ノート

## 満潮の時刻

北海の満潮は正午ごろです。水位は一日に二回記録します。

## 返金の方法

使わなかったユニットは返金できます。価格は購入時のものです。
`;
const thai = `# บันทึก

## การคืนเงิน

หน่วยที่ยังไม่ได้ใช้สามารถขอคืนเงินได้

## ระดับน้ำ

ระดับน้ำบันทึกวันละสองครั้ง
`;

test.each([
  [chinese, '未使用的单位怎么退款？', '退还押金'],
  [chinese, '北海什么时候满潮？', '满潮时间'],
  [chinese, '数据集的许可是什么？', '数据许可'],
  [japanese, '使わなかったユニットの返金はできますか？', '返金の方法'],
  [japanese, '満潮は何時ごろですか？', '満潮の時刻'],
  [thai, 'ขอคืนเงินหน่วยที่ไม่ได้ใช้ได้ไหม', 'การคืนเงิน'],
])('what is written without spaces is found: %#', async (text, question, heading) => {
  const agent = await agentOver([documentOf('notes.md', text)]);
  expect(best(agent, question)).toBe(heading);
  expect(isAnswerable(agent.search(question))).toBe(true);
});

test('what documents without spaces do not speak of is declined', async () => {
  const agent = await agentOver([documentOf('notes.md', chinese)]);
  for (const question of ['明天里斯本的天气怎么样？', '谁赢得了世界杯足球赛？', 'Who won the football world cup?'])
    expect(isAnswerable(agent.search(question)), question).toBe(false);
});

test('sentences without spaces are quoted one by one', async () => {
  const agent = await agentOver([documentOf('notes.md', chinese)]);
  const passages = agent.search('满潮')[0]!.section.passages.map(({ text }) => text);
  expect(passages).toEqual(['北海的满潮通常在中午。', '站长每天记录两次水位。']);
});
