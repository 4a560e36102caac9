/**
 * What a request's body asks: its JSON, or of a form its text fields and its file, as the readers of `paidSurfaces` take them.
 *
 * @throws SyntaxError for what is not JSON; TypeError for what is no form.
 */
export async function readAsked(body: Uint8Array<ArrayBuffer>, contentType: string | null): Promise<unknown> {
  if (contentType === null || !/^multipart\/form-data\b/i.test(contentType.trim())) {
    return JSON.parse(new TextDecoder().decode(body));
  }
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
  const fields: Record<string, string> = {};
  let file = new Uint8Array();
  for (const [name, value] of form) {
    if (typeof value === 'string') fields[name] = value;
    else if (name === 'file') file = new Uint8Array(await value.arrayBuffer());
  }
  return { fields, file };
}
