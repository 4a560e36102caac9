import { argumentsText, isJsonObject, listOf } from '../jsonValues.js';
import type { ResponsesRequest } from '../requests/responsesRequest.js';
import { scalarText } from '../scalarText.js';
import { countJson } from './countTexts.js';
import { unmeasurable } from './policyRefused.js';
import { refuseUnseen, refuseUpstreamTools } from './refuseUnseen.js';
import type { InputCount, TextSink, TokenCount } from './textSink.js';

const tokensPerItem = 3;
const textTypes = ['input_text', 'output_text', 'text'];

/**
 * Input of a response: for each item 3 + its role, content and calls; instructions; what else the model is shown (tools, text
 * format), as its JSON text.
 *
 * @throws BaseError 403 `policy_refused` for items, parts, tools and fields that cannot be counted.
 *
 * @example
 * const { tokens, images } = countResponsesInput(parseResponsesRequest(JSON.parse(text)), count);
 */
export function countResponsesInput(request: ResponsesRequest, count: TokenCount): InputCount {
  refuseUnseen('/responses', request);
  refuseUpstreamTools(request.tools);
  let tokens = tokensPerItem;
  let images = 0;
  const addContent = (content: unknown): void => {
    if (!Array.isArray(content)) tokens += countJson(content, count);
    for (const part of listOf(content)) {
      const { type, text, refusal } = isJsonObject(part) ? part : {};
      if (type === 'input_image') images++;
      else if (textTypes.includes(scalarText(type))) tokens += countJson(text, count);
      else if (type === 'refusal') tokens += countJson(refusal, count);
      else throw unmeasurable(`input parts of type ${scalarText(type)}`, 'Send input_text or input_image parts.');
    }
  };
  for (const given of [request.instructions, request.input]) {
    if (typeof given === 'string') tokens += tokensPerItem + count(given);
    for (const item of typeof given === 'string' ? [] : (given ?? [])) {
      tokens += tokensPerItem;
      if (isMessage(item)) {
        tokens += countJson(item.role, count);
        addContent(item.content);
      } else if (['function_call', 'custom_tool_call', 'reasoning'].includes(item.type ?? ''))
        tokens += countJson(item, count);
      else if (['function_call_output', 'custom_tool_call_output'].includes(item.type ?? ''))
        addContent(item['output']);
      else
        throw unmeasurable(
          `input items of type ${item.type ?? 'none'}`,
          item.type === 'item_reference'
            ? 'Send the items themselves: clients do where they are told "store": false.'
            : 'Send messages, function calls and their outputs.',
        );
    }
  }
  for (const field of ['tools', 'tool_choice', 'text']) tokens += countJson(request[field], count);
  return { tokens, images };
}

type InputItem = { readonly type?: unknown; readonly role?: unknown; readonly content?: unknown };

/** What has neither type nor content may name an item that only the upstream has. */
function isMessage({ type, role, content }: InputItem): boolean {
  return (type ?? 'message') === 'message' && typeof role === 'string' && (content ?? undefined) !== undefined;
}

/**
 * Adds what a whole response says: its `output`.
 *
 * @example
 * addResponse(sink, answer);
 */
export function addResponse(sink: TextSink, response: Readonly<Record<string, unknown>>): void {
  listOf(response['output']).forEach((item, index) => addOutputItem(sink, index, item));
}

const lastEvents = ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled'];

/** Reads the events of a streamed response. */
type ResponseEvents<sink extends TextSink> = {
  /** Answers whether the event is the stream's last. */
  readonly read: (event: Readonly<Record<string, unknown>>) => boolean;
  /** What came piece by piece. */
  readonly pieces: sink;
  /** What the last event says of the whole, once it was read. */
  readonly whole: () => sink | undefined;
  /** The newest `response` that an event carried. */
  readonly response: () => Readonly<Record<string, unknown>>;
};

/**
 * Reads the events of a streamed response. The last event holds the whole response once more: whichever of the pieces and the
 * whole has more tokens counts, so that an upstream without pieces is not free.
 *
 * @example
 * const { read, pieces, whole } = createResponseEvents(createSink);
 */
export function createResponseEvents<sink extends TextSink>(createSink: () => sink): ResponseEvents<sink> {
  const pieces = createSink();
  let whole: sink | undefined;
  let response: Record<string, unknown> = {};
  return {
    read: (event) => {
      if (isJsonObject(event['response'])) response = event['response'];
      if (lastEvents.includes(scalarText(event['type']))) {
        whole = createSink();
        addResponse(whole, response);
        return true;
      }
      addEvent(pieces, event);
      return false;
    },
    pieces,
    whole: () => whole,
    response: () => response,
  };
}

function addOutputItem(sink: TextSink, index: number, item: unknown): void {
  if (!isJsonObject(item)) return;
  const isReasoning = item['type'] === 'reasoning';
  for (const list of ['summary', 'content']) {
    listOf(item[list]).forEach((part, position) => {
      if (!isJsonObject(part)) return;
      const place = `${index}/${list}/${position}`;
      if (isReasoning) sink.addReasoning(place, part['text']);
      else sink.add(place, part['text'] ?? part['refusal']);
    });
  }
  sink.add(`${index}/name`, item['name']);
  sink.add(`${index}/arguments`, argumentsText(item['arguments'] ?? item['input']));
}

function addEvent(sink: TextSink, event: Readonly<Record<string, unknown>>): void {
  const { type, delta } = event;
  if (type === 'response.output_item.added') {
    if (isJsonObject(event['item'])) sink.add(`${scalarText(event['output_index'])}/name`, event['item']['name']);
    return;
  }
  if (typeof type !== 'string' || typeof delta !== 'string' || !type.endsWith('.delta')) return;
  const place = `${scalarText(event['output_index'])}/${scalarText(event['content_index'] ?? event['summary_index'])}/${type}`;
  if (type.startsWith('response.reasoning')) sink.addReasoning(place, delta);
  else sink.add(place, delta);
}
