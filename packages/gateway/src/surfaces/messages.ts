import { type MessagesRequest, parseMessagesRequest, scalarText } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { countJson } from './countJson.js';
import { invalidAnswer, isObject, listOf, parseAnswer } from './json.js';
import { addContentBlock, createMessagesReader, messagesUsage } from './messagesReader.js';
import { checkTerms, quoteRequest } from './quoteRequest.js';
import { unmeasurable } from './refused.js';
import { nothing, type Counts, type Surface } from './surface.js';
import { createTextMeter } from './textMeter.js';

const tokensPerMessage = 3;
// Tools that the client runs; the upstream runs and bills the others.
const clientTool = /^(custom|bash_|text_editor_|computer_|memory_)/;

/** The format of the Anthropic Messages API. */
export const messages: Surface = {
  name: 'messages',
  path: '/messages',
  pricedBy: ['input_tokens', 'output_tokens', 'requests'],
  dialect: 'anthropic',
  open: (policy, body) => {
    const request = parseMessagesRequest(parseJsonBody(body));
    checkTerms(policy, messages, request.model);
    const known = countInput(request);
    const quote = quoteRequest(policy, messages.pricedBy, {
      model: request.model,
      known,
      outputTokens: request.max_tokens,
      choices: 1,
    });
    return {
      model: request.model,
      quote,
      isStream: request.stream === true,
      forward: () => ({ body: JSON.stringify(request) }),
      measure: (answer, latin1) => {
        const json = parseAnswer(answer, latin1);
        if (!Array.isArray(json['content'])) throw invalidAnswer('has no content');
        const meter = createTextMeter();
        json['content'].forEach((block: unknown, index) => addContentBlock(meter, String(index), block));
        return { counts: { ...known, ...meter.tokens() }, usage: messagesUsage(json['usage']) };
      },
      readStream: () => createMessagesReader(known),
    };
  },
};

/** Input tokens: for each message 3 + its role and blocks; the system text; tools, as their JSON text. */
function countInput(request: MessagesRequest): Counts {
  let tokens = tokensPerMessage;
  let images = 0;
  const addBlocks = (content: unknown): void => {
    if (typeof content === 'string') tokens += countText(content);
    for (const block of listOf(content)) addBlock(isObject(block) ? block : {});
  };
  const addBlock = (block: Record<string, unknown>): void => {
    const { type } = block;
    if (type === 'image') images++;
    else if (type === 'text' || type === 'thinking') tokens += countJson(block['text'] ?? block['thinking']);
    else if (type === 'tool_use') tokens += countJson(block['name']) + countJson(block['input']);
    else if (type === 'redacted_thinking') tokens += countJson(block['data']);
    else if (type === 'tool_result') addBlocks(block['content']);
    else
      throw unmeasurable(
        `content blocks of type ${scalarText(type)}`,
        'Send text, image, tool_use and tool_result blocks.',
      );
  };
  addBlocks(request.system);
  for (const { role, content } of request.messages) {
    tokens += tokensPerMessage + countText(role);
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
  for (const field of ['mcp_servers', 'container']) {
    if (request[field] !== undefined) throw unmeasurable(`the field ${field}`, `Leave ${field} out.`);
  }
  for (const field of ['tools', 'tool_choice']) tokens += countJson(request[field]);
  return { ...nothing, inputTokens: tokens, images };
}
