import { BaseError } from '@kedge/core';

/** One part of a form. A part with a file name is a file. */
export type FormPart = {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
  readonly content: Buffer;
};

const mostParts = 100;
const mostHeadBytes = 4_096;

/**
 * A `multipart/form-data` body (RFC 7578), read strictly: what parsers are known to disagree about (bare line feeds, text
 * before the first boundary, a name twice in one header, continued lines, transfer encodings) is refused.
 * @throws BaseError 415 `form_expected`; 400 `form_invalid`.
 */
export function parseForm(body: Buffer, contentType: string | undefined): FormPart[] {
  const boundary = /^multipart\/form-data *; *boundary=(?:"([^"\r\n]{1,70})"|([-'()+_,./:=?0-9A-Za-z]{1,70}))$/i.exec(
    contentType?.trim() ?? '',
  );
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) {
    throw new BaseError('This takes a form.', {
      code: 'form_expected',
      status: 415,
      hints: ['Send multipart/form-data with one boundary, as OpenAI clients do.'],
    });
  }
  const delimiter = `\r\n--${mark}`;
  if (body.toString('latin1', 0, mark.length + 2) !== `--${mark}`)
    throw invalidForm('does not begin with its boundary');
  const parts: FormPart[] = [];
  for (let at = mark.length + 2; ;) {
    const next = body.toString('latin1', at, at + 2);
    if (next === '--') {
      if (at + 2 < body.length && body.toString('latin1', at + 2) !== '\r\n')
        throw invalidForm('has more after its end');
      return parts;
    }
    if (next !== '\r\n') throw invalidForm('has a boundary that does not end its line');
    const end = body.indexOf(delimiter, at, 'latin1');
    if (end < 0) throw invalidForm('has no end');
    parts.push(parsePart(body.subarray(at + 2, end)));
    if (parts.length > mostParts) throw invalidForm(`has more than ${mostParts} parts`);
    at = end + delimiter.length;
  }
}

/** The same parts as a new body. */
export function encodeForm(parts: readonly FormPart[], boundary: string): { contentType: string; body: Buffer } {
  const chunks = parts.flatMap(({ name, fileName, contentType, content }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`;
    const type = contentType === undefined ? '' : `content-type: ${contentType}\r\n`;
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n${type}\r\n`;
    return [Buffer.from(head), content, Buffer.from('\r\n')];
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

function parsePart(bytes: Buffer): FormPart {
  const headEnd = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (headEnd < 0 || headEnd > mostHeadBytes) throw invalidForm('has a part without a head');
  let disposition: RegExpExecArray | null = null;
  let contentType: string | undefined;
  for (const line of bytes.toString('utf8', 0, headEnd).split('\r\n')) {
    const header = /^([-0-9A-Za-z]+): *([^\p{Cc}]*)$/u.exec(line);
    const name = header?.[1]?.toLowerCase();
    const value = header?.[2]?.trim() ?? '';
    if (name === 'content-disposition' && disposition === null) {
      disposition = /^form-data; *name="([^"\\]{1,100})"(?:; *filename="([^"\\]{0,255})")?$/i.exec(value);
      if (disposition === null) throw invalidForm('has a part whose name cannot be read');
    } else if (name === 'content-type' && contentType === undefined) contentType = value;
    else if (name !== 'content-length')
      throw invalidForm(`has a part with the header line ${JSON.stringify(line.slice(0, 60))}`);
  }
  const name = disposition?.[1];
  if (name === undefined) throw invalidForm('has a part without a name');
  return { name, fileName: disposition?.[2], contentType, content: bytes.subarray(headEnd + 4) };
}

function invalidForm(what: string): BaseError {
  return new BaseError(`The form ${what}.`, {
    code: 'form_invalid',
    status: 400,
    hints: ['Send multipart/form-data as OpenAI clients do.'],
  });
}
