import type { Random } from '@kedge/testing';

const pieces = [
  '\n',
  '\r',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '"',
  '\\',
  '\x7f',
  '\x80',
  '\xff',
  '0',
  '1',
  'a',
  'F',
];
const more = ['+', '-', '_', '.', '#', '?', '%', '\x01', '\x1b', '\r\n\r\n', '\r\n ', ' :', '0x', 'chunked', 'close'];

const chunked = (random: Random): string => {
  let body = '';
  for (let count = random.below(4); count > 0; count--) {
    const data = 'x'.repeat(1 + random.below(20));
    const extension = random.chance(10)
      ? random.pick([';a=b', ';a', ';a="b c"', '; a=b', ';a=b;c', ';', ' ;a', ';='])
      : '';
    const size = random.pick([
      data.length.toString(16),
      data.length.toString(16).toUpperCase(),
      `0${data.length.toString(16)}`,
    ]);
    body += `${size}${extension}\r\n${data}\r\n`;
  }
  const trailer = random.chance(15)
    ? random.pick(['A: b\r\n', 'Content-Length: 3\r\n', 'A: b\r\nC:d\r\n', 'A : b\r\n'])
    : '';
  return `${body}0\r\n${trailer}\r\n`;
};

/** A header that says how the body ends, with that body; sometimes a wrong one. */
const bodyOf = (random: Random): { readonly lines: readonly string[]; readonly body: string } => {
  const data = 'y'.repeat(random.below(30));
  switch (random.below(16)) {
    case 0:
    case 1:
      return { lines: [`Content-Length: ${data.length}`], body: data };
    case 2:
    case 3:
      return { lines: ['Transfer-Encoding: chunked'], body: chunked(random) };
    case 9:
    case 10:
      return { lines: ['Transfer-Encoding: chunked'], body: chunked(random) };
    case 4: {
      const value = random.pick([
        'xchunked',
        'chunked, chunked',
        'Chunked',
        'chunked ',
        '\tchunked',
        'gzip, chunked',
        'identity',
      ]);
      return { lines: [`Transfer-Encoding: ${value}`], body: chunked(random) };
    }
    case 5: {
      const length = random.pick([
        '+5',
        '-5',
        '0x5',
        '05',
        '5, 5',
        '5 5',
        '',
        ' 5 ',
        '5;',
        '1e1',
        '99999999999999999999',
      ]);
      return { lines: [`Content-Length: ${length}`], body: 'yyyyy' };
    }
    case 6: {
      const lines = [
        'Content-Length: 5',
        random.pick(['Content-Length: 5', 'Content-Length: 6', 'Transfer-Encoding: chunked']),
      ];
      return { lines: random.chance(50) ? lines : lines.toReversed(), body: random.pick(['yyyyy', chunked(random)]) };
    }
    default:
      return { lines: [], body: '' };
  }
};

const headersOf = (random: Random): string[] => {
  const lines: string[] = [];
  for (let count = random.below(4); count > 0; count--) {
    lines.push(
      random.pick([
        'Accept: */*',
        'X-Empty:',
        'X-Space:  a  b\t',
        'X-Twice: 1',
        'Connection: keep-alive',
        'X-High: \xe4\xf6',
        'Connection: close',
        'Expect: 100-continue',
        'Upgrade: h2c',
        'X-Comma: a, b',
      ]),
    );
  }
  return lines;
};

const shuffled = <T>(random: Random, items: readonly T[]): T[] => {
  const left = [...items];
  const result: T[] = [];
  while (left.length > 0) result.push(...left.splice(random.below(left.length), 1));
  return result;
};

/** Changes a few characters, as one who tries what happens. */
const mutated = (random: Random, text: string): string => {
  let changed = text;
  for (let count = random.chance(70) ? 0 : 1 + random.below(3); count > 0; count--) {
    const at = random.below(changed.length + 1);
    const cut = random.pick([0, 0, 1, 2]);
    changed =
      changed.slice(0, at) + (random.chance(80) ? random.pick([...pieces, ...more]) : '') + changed.slice(at + cut);
  }
  return changed;
};

/** One to four requests after one another. */
export function randomRequests(random: Random): Buffer {
  let stream = '';
  for (let count = 1 + random.below(4); count > 0; count--) {
    const { lines, body } = bodyOf(random);
    const hosts = random.chance(95) ? ['Host: a'] : random.pick([[], ['Host:'], ['Host: a', 'Host: b'], ['Host: a b']]);
    const head = [
      `${random.chance(97) ? random.pick(['GET', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'HEAD']) : random.pick(['get', 'PURGEX', 'CONNECT', 'PRI'])} ${random.chance(90) ? random.pick(['/', '/a?b=c', '*', 'http://a/b']) : random.pick(['/\xe4', 'a', '/a#b', '/a"<>\\^`{|}', 'ftp://a', 'a:1', '//', 'http://', 'http:/a'])} HTTP/${random.chance(95) ? '1.1' : random.pick(['1.0', '1.2', '2.0', '0.9', '1.01'])}`,
      ...shuffled(random, [...hosts, ...lines, ...headersOf(random)]),
    ];
    stream += mutated(random, `${random.chance(5) ? '\r\n' : ''}${head.join('\r\n')}\r\n\r\n${body}`);
  }
  return Buffer.from(stream, 'latin1');
}

/** One response, sometimes after an interim one, sometimes with something after it. */
export function randomResponse(random: Random): Buffer {
  const { lines, body } = bodyOf(random);
  const line = random.chance(85)
    ? 'HTTP/1.1 200 OK'
    : random.pick([
        'HTTP/1.0 200 OK',
        'HTTP/1.1 204 No Content',
        'HTTP/1.1 304 ',
        'HTTP/1.1 200',
        'HTTP/1.1 700 X',
        'HTTP/1.1 99',
        'HTTP/2.0 200 OK',
        'ICY 200 OK',
      ]);
  const interim = random.chance(10) ? 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n' : '';
  const head = [line, ...shuffled(random, [...lines, ...headersOf(random)])].join('\r\n');
  const after = random.chance(5) ? 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nz' : '';
  return Buffer.from(interim + mutated(random, `${head}\r\n\r\n${body}`) + after, 'latin1');
}

/** How many streams a test tries: `count`, or times HTTP_STREAMS of it. */
export const streams = (count: number): number => count * Number(process.env['HTTP_STREAMS'] ?? 1);

/** The bytes in a few pieces; sometimes byte by byte. */
export function cut(random: Random, bytes: Buffer): Buffer[] {
  const result: Buffer[] = [];
  const most = random.chance(50) ? bytes.length : random.pick([1, 3, 40]);
  for (let at = 0; at < bytes.length;) {
    const to = Math.min(bytes.length, at + 1 + random.below(most));
    result.push(bytes.subarray(at, to));
    at = to;
  }
  return result;
}
