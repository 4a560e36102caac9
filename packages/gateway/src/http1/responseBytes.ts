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

/** One chunk of a chunked body, in one piece: a copy costs less than three writes. */
export function chunkOf(bytes: Buffer): Buffer {
  const size = bytes.length.toString(16);
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + 4);
  chunk.write(size, 0, 'latin1');
  chunk.writeUInt16BE(0x0d0a, size.length);
  bytes.copy(chunk, size.length + 2);
  chunk.writeUInt16BE(0x0d0a, size.length + 2 + bytes.length);
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
