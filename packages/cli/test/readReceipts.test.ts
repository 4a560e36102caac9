import { type BaseError, encodeSignedReceipt, signedReceiptToJson, zeroHash, type SignedReceipt } from '@kedge/core';
import { expect, test } from 'vitest';
import { parseReceipts } from '../src/receipts/readReceipts.js';
import { withoutReceiptLine } from '../src/receipts/withoutReceiptLine.js';

const address = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const signed: SignedReceipt = {
  receipt: {
    channelId: zeroHash,
    tokenId: 1n,
    classId: 1n,
    policyHash: zeroHash,
    seq: 1n,
    requestHash: zeroHash,
    responseHash: zeroHash,
    metrics: [
      {
        metric: 'requests',
        amount: 1n,
      },
    ],
    units: 1n,
    cumulativeUnits: 1n,
    previousReceiptHash: zeroHash,
    issuedAt: 1n,
  },
  batch: {
    operator: address,
    epoch: 1n,
    batch: 1n,
    root: zeroHash,
  },
  path: [],
  signature: '0x',
  signer: address,
  salt: zeroHash,
};
const json = JSON.stringify(signedReceiptToJson(signed));
const encoded = encodeSignedReceipt(signed);

test.each([
  ['one receipt as JSON', json, 1],
  ['pretty JSON', JSON.stringify(JSON.parse(json), null, 2), 1],
  ['an array', `[${json},${json}]`, 2],
  ['one a line', `${json}\n${json}\n\n`, 2],
  ['a header value', `${encoded}\n`, 1],
  ['header values, one a line', `${encoded}\n${encoded}`, 2],
  [
    'a saved answer with its headers',
    `HTTP/1.1 200 OK\r\nKedge-Receipt: ${encoded}\r\ncontent-type: application/json\r\n\r\n{"a":1}`,
    1,
  ],
  ['a saved stream', `data: {"a":1}\n\n: kedge-receipt ${encoded}\n\ndata: [DONE]\n\n`, 1],
])('receipts are read from %s', (_form, content, count) => {
  expect(parseReceipts(content, 'r')).toEqual(Array.from({ length: count }, () => signed));
});

test('what is no receipt is named with its place', () => {
  expect(() => parseReceipts('', 'r.json')).toThrow('r.json holds no receipt: it is empty');
  expect(() => parseReceipts('[]', 'r.json')).toThrow('r.json holds no receipt: its list is empty');
  expect(() => parseReceipts(`${json}\nnonsense`, 'r.json')).toThrow('r.json, line 2');
  expect(() => parseReceipts('{"receipt":{}}', 'r.json')).toThrow('r.json: The receipt is not valid');
  expect(() => parseReceipts(`[${json},{}]`, 'r.json')).toThrow('r.json, receipt 2');
});

test('of an answer without its headers, or of one that failed, it is said where the receipt is', () => {
  const hintOf = (content: string): unknown => {
    try {
      return parseReceipts(content, 'r');
    } catch (error) {
      return (error as BaseError).hints[0];
    }
  };
  const answer = '{"id":"chatcmpl-1","object":"chat.completion","choices":[]}';
  expect(() => parseReceipts(answer, 'r')).toThrow('r holds no receipt: it is the body of an answer');
  expect(hintOf(answer)).toContain('curl -i');
  const failed = 'HTTP/1.1 502 Bad Gateway\r\ncontent-type: application/problem+json\r\n\r\n{"type":"/problems/x"}';
  expect(() => parseReceipts(failed, 'r')).toThrow('it is an answer with status 502');
  expect(hintOf(failed)).toContain('is not charged');
  expect(hintOf('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n')).toContain('a line of the stream');
});

test('R16: the bytes of a saved stream are those without the line of its receipt', () => {
  const before = Buffer.from('data: {"a":"\u00e9"}\n\n', 'utf8');
  const after = Buffer.from('data: [DONE]\n\n');
  const stream = Buffer.concat([before, Buffer.from(`: kedge-receipt ${encoded}\n\n`), after]);
  expect(withoutReceiptLine(stream)).toEqual(Buffer.concat([before, after]));
  expect(withoutReceiptLine(before)).toBe(before);
});
