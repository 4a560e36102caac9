import { BaseError, isJsonObject, unseenFields } from '@kedge/core';

/** What of a request decides which model is asked, how much, and what is counted: at its top, in messages and in their parts. */
const fields = new Set([
  ...(
    'model messages input prompt suffix system instructions tools functions function custom stream stream_options n ' +
    'max_tokens max_completion_tokens max_output_tokens role content type text thinking refusal image_url name ' +
    'tool_calls function_call tool_call_id reasoning_content reasoning response_format tool_choice chat_template_kwargs ' +
    'background previous_response_id conversation echo voice size quality dimensions encoding_format'
  ).split(' '),
  ...unseenFields,
]);

/** Lists of objects that have such fields themselves. What else is nested is the caller's own, as a tool's parameters are. */
const lists = ['messages', 'content', 'input', 'system', 'tools'];

/**
 * Refuses a request with a field that differs from one of ours in case only, such as `Model`. We would leave it alone as one that
 * we do not know, but an upstream in Go takes it for the field itself, and the last of the two counts: it would serve another
 * model than the policy allows, or read more than was counted. Case as Go folds it: `ſ` is an s, and the sign of Kelvin a k.
 *
 * @throws BaseError 400 `field_lookalike`.
 */
export function refuseLookalikes(body: unknown): void {
  if (!isJsonObject(body)) return;
  for (const key of Object.keys(body)) {
    if (/^[a-z0-9_]*$/.test(key)) continue;
    const meant = key.toUpperCase().toLowerCase();
    if (!fields.has(meant)) continue;
    throw new BaseError(`The field ${key} looks like ${meant}, but is not.`, {
      code: 'field_lookalike',
      status: 400,
      hints: [`Write it in lower case: ${meant}.`],
    });
  }
  for (const list of lists) {
    const items = body[list];
    if (Array.isArray(items)) for (const item of items) refuseLookalikes(item);
  }
}
