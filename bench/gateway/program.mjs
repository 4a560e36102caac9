// What the programs of this folder have in common.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const names = ['upstream', 'dir', 'channels', 'workers', 'connections', 'profile'];

/** The options that a program was started with. */
export const options = parseArgs({
  options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
}).values;

/** Says where the program listens. */
export function ready(url) {
  process.stdout.write(`${JSON.stringify({ url })}\n`);
}

/** Answers each line with a line. */
export async function answerLines(answer) {
  ready('');
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
}

/** Calls back after each whole HTTP message, with its text. One message at a time. */
export function messageReader(onMessage) {
  let text = '';
  return (chunk) => {
    text += chunk.latin1Slice();
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /^content-length: *(\d+)/im.exec(text)?.[1];
    // No body in chunks has such bytes within it here.
    const isWhole = length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= head + 4 + Number(length);
    if (!isWhole) return;
    const whole = text;
    text = '';
    onMessage(whole);
  };
}
