/**
 * What an upstream calls the error that it answered with, for the operator's log: `code` or `type` of the error in its body, where
 * that is plain words such as `insufficient_quota`. Its message is left out, for it may hold a part of the prompt or of the key.
 */
export function refusalCode(body: Buffer): string | undefined {
  let error: { readonly code?: unknown; readonly type?: unknown } | null | undefined;
  try {
    error = (JSON.parse(body.toString('utf8')) as { readonly error?: typeof error } | null)?.error;
  } catch {
    // An upstream may answer with anything; its status is logged in any case.
    return undefined;
  }
  return [error?.code, error?.type].find(
    (name): name is string => typeof name === 'string' && name.length <= 64 && /^[a-z]+(_[a-z]+)*$/.test(name),
  );
}
