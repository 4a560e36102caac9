import { argumentsText, isJsonObject, listOf } from '../jsonValues.js';
import type { MessagesRequest } from '../requests/messagesRequest.js';
import { scalarText } from '../scalarText.js';
import { countJson } from './countTexts.js';
import { unmeasurable } from './policyRefused.js';
import { refuseUnseen } from './refuseUnseen.js';
import type { InputCount, TextSink, TokenCount } from './textSink.js';

const tokensPerMessage = 3;
// Tools that the client runs; the upstream runs and bills the others.
const clientTool = /^(custom|bash_|text_editor_|computer_|memory_)/;

/**
 * Input of a message in the Anthropic format: for each message 3 + its role and blocks; the system text; tools, as their JSON
 * text.
 *
 * @throws BaseError 403 `policy_refused` for blocks, tools and fields that cannot be counted.
 *
 * @example
 * const { tokens, images } = countMessagesInput(parseMessagesRequest(JSON.parse(text)), count);
 */
export function countMessagesInput(request: MessagesRequest, count: TokenCount): InputCount {
  refuseUnseen('/messages', request);
  let tokens = tokensPerMessage;
  let images = 0;
  const addBlocks = (content: unknown): void => {
    if (typeof content === 'string') tokens += count(content);
    for (const block of listOf(content)) addBlock(isJsonObject(block) ? block : {});
  };
  const addBlock = (block: Record<string, unknown>): void => {
    const { type } = block;
    if (type === 'image') images++;
    else if (type === 'text' || type === 'thinking') tokens += countJson(block[type], count);
    else if (type === 'tool_use') tokens += countJson(block['name'], count) + countJson(block['input'], count);
    else if (type === 'redacted_thinking') tokens += countJson(block['data'], count);
    else if (type === 'tool_result') addBlocks(block['content']);
    else
      throw unmeasurable(
        `content blocks of type ${scalarText(type)}`,
        'Send text, image, tool_use and tool_result blocks.',
      );
  };
  addBlocks(request.system);
  for (const { role, content } of request.messages) {
    tokens += tokensPerMessage + count(role);
    addBlocks(content);
  }
  for (const { type } of request.tools ?? []) {
    if (typeof type === 'string' && !clientTool.test(type)) {
      throw unmeasurable(
        `tools of type ${type}`,
        'Send tools that your client runs: those of the upstream cannot be counted.',
      );
    }
  }
  for (const field of ['tools', 'tool_choice']) tokens += countJson(request[field], count);
  return { tokens, images };
}

/**
 * Adds what a whole message says: its `content`.
 *
 * @example
 * addMessage(sink, answer);
 */
export function addMessage(sink: TextSink, message: Readonly<Record<string, unknown>>): void {
  listOf(message['content']).forEach((block, index) => addContentBlock(sink, String(index), block));
}

/**
 * Adds what one event of a streamed message says.
 *
 * @example
 * addMessageEvent(sink, JSON.parse(text));
 */
export function addMessageEvent(sink: TextSink, event: Readonly<Record<string, unknown>>): void {
  const index = scalarText(event['index']);
  if (event['type'] === 'content_block_start') addContentBlock(sink, index, event['content_block']);
  else if (event['type'] === 'content_block_delta' && isJsonObject(event['delta'])) {
    const { text, thinking, partial_json: json } = event['delta'];
    sink.add(`${index}/text`, text);
    sink.add(`${index}/input`, json);
    sink.addReasoning(`${index}/thinking`, thinking);
  }
}

function addContentBlock(sink: TextSink, index: string, block: unknown): void {
  if (!isJsonObject(block)) return;
  sink.add(`${index}/text`, block['text']);
  sink.addReasoning(`${index}/thinking`, block['thinking']);
  if (block['type'] !== 'tool_use') return;
  sink.add(`${index}/name`, block['name']);
  // In a stream it begins as {} and comes in pieces.
  sink.add(`${index}/input`, argumentsText(block['input']));
}
