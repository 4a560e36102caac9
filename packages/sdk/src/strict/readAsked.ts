import { BaseError } from '@kedge/core';

/**
 * What a request's body asks: its JSON, or of a form its text fields and its file, as the readers of `paidSurfaces` take them.
 *
 * @throws BaseError 400 `json_invalid`, `form_invalid`.
 */
export async function readAsked(body: Uint8Array<ArrayBuffer>, contentType: string | null): Promise<unknown> {
  if (contentType === null || !/^multipart\/form-data\b/i.test(contentType.trim())) return jsonOf(body);
  const form = await formOf(body, contentType);
  const fields: Record<string, string> = {};
  let file = new Uint8Array();
  for (const [name, value] of form) {
    if (typeof value === 'string') fields[name] = value;
    else if (name === 'file') file = new Uint8Array(await value.arrayBuffer());
  }
  return { fields, file };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new BaseError('The request body is not JSON.', {
      code: 'json_invalid',
      status: 400,
      cause,
      hints: ['Send the request as JSON, not compressed, with content-type: application/json.'],
    });
  }
}

async function formOf(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { 'content-type': contentType } }).formData();
  } catch (cause) {
    throw new BaseError('The form cannot be read.', {
      code: 'form_invalid',
      status: 400,
      cause,
      hints: ['Send multipart/form-data as OpenAI clients do.'],
    });
  }
}
