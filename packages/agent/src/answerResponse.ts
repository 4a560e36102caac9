import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FinishReason } from './composeAnswer.js';
import { countTokens } from './countTokens.js';
import { sendJson } from './httpBody.js';
import type { CreateResponse } from './parseCreateResponse.js';
import { beginEvents, joinPieces, streamPieces, type Composed } from './streamPieces.js';

/** Answers a request for a response: https://platform.openai.com/docs/api-reference/responses. */
export async function answerResponse(
  response: ServerResponse,
  { model, created, request }: { readonly model: string; readonly created: number; readonly request: CreateResponse },
  pieces: Generator<string, FinishReason>,
): Promise<void> {
  const item = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant' };
  const itemOf = ({ content, finishReason }: Composed) => ({
    ...item,
    status: finishReason === 'stop' ? 'completed' : 'incomplete',
    content: [textPart(content)],
  });
  const begun = {
    id: `resp_${randomUUID()}`,
    object: 'response',
    created_at: created,
    model,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.maxOutputTokens,
    metadata: {},
    parallel_tool_calls: false,
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'none',
    tools: [],
    top_p: null,
    status: 'in_progress',
    output: [] as object[],
  };
  const whole = (composed: Composed) => {
    const completion = countTokens(composed.content);
    return {
      ...begun,
      ...(composed.finishReason === 'stop'
        ? { status: 'completed' }
        : { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
      output: [itemOf(composed)],
      usage: {
        input_tokens: request.promptTokens,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: completion,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: request.promptTokens + completion,
      },
    };
  };
  if (!request.stream) return sendJson(response, 200, whole(joinPieces(pieces)));

  let sent = 0;
  const send = (type: string, fields: object): boolean =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sent++, ...fields })}\n\n`);
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  beginEvents(response);
  send('response.created', { response: begun });
  send('response.in_progress', { response: begun });
  send('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } });
  send('response.content_part.added', { ...place, part: textPart('') });
  const composed = await streamPieces(response, pieces, (delta) =>
    send('response.output_text.delta', { ...place, delta, logprobs: [] }),
  );
  if (composed === undefined) return;
  send('response.output_text.done', { ...place, text: composed.content, logprobs: [] });
  send('response.content_part.done', { ...place, part: textPart(composed.content) });
  send('response.output_item.done', { output_index: 0, item: itemOf(composed) });
  const ended = whole(composed);
  send(`response.${ended.status}`, { response: ended });
  response.end();
}

function textPart(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}
