import { STATUS_CODES } from 'node:http';

/** The head of a response. Headers are written as they are: no line ends in them. `framing` is how its body ends. */
export function responseHead(
  status: number,
  headers: Readonly<Record<string, string>>,
  connection: 'close' | 'keep-alive' | undefined,
  framing: string,
): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  head += `date: ${httpDate()}\r\n`;
  if (connection !== undefined) head += `connection: ${connection}\r\n`;
  return `${head}${framing}\r\n`;
}

/** One chunk of a chunked body between what stands before and after it, in one piece: a copy costs less than several writes. */
export function chunkOf(before: string, bytes: Buffer, after: string): Buffer {
  const opening = `${before}${bytes.length.toString(16)}\r\n`;
  const closing = `\r\n${after}`;
  const chunk = Buffer.allocUnsafe(opening.length + bytes.length + closing.length);
  chunk.write(opening, 0, 'latin1');
  bytes.copy(chunk, opening.length);
  chunk.write(closing, opening.length + bytes.length, 'latin1');
  return chunk;
}

let dateSecond = 0;
let dateText = '';
function httpDate(): string {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1_000).toUTCString();
  }
  return dateText;
}
