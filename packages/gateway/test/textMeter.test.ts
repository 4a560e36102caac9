import { addChatChoice } from '@kedge/core';
import { expect, test } from 'vitest';
import { createTextMeter } from '../src/surfaces/textMeter.js';
import { countText } from '../src/index.js';

test('streamed pieces count as the whole text does, for each choice and kind of text', () => {
  const meter = createTextMeter();
  for (const letter of 'Metering must not depend on how the text was cut.') {
    addChatChoice(meter, { index: 0, delta: { content: letter } });
    addChatChoice(meter, { index: 1, delta: { content: letter } });
  }
  addChatChoice(meter, {
    index: 0,
    delta: { tool_calls: [{ index: 0, function: { name: 'find', arguments: '{"q":' } }] },
  });
  addChatChoice(meter, { index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '"kedge"}' } }] } });
  const text = countText('Metering must not depend on how the text was cut.');
  expect(meter.tokens().outputTokens).toBe(2 * text + countText('find') + countText('{"q":"kedge"}'));
});

test('a whole message counts like its stream', () => {
  const meter = createTextMeter();
  addChatChoice(meter, { index: 0, message: { content: 'An answer.', refusal: null, tool_calls: [] } });
  expect(meter.tokens().outputTokens).toBe(countText('An answer.'));
});

test('reasoning under an empty name and another one is counted by the other', () => {
  const meter = createTextMeter();
  addChatChoice(meter, { index: 0, delta: { reasoning_content: '', reasoning: 'Think first.' } });
  expect(meter.tokens().reasoningTokens).toBe(countText('Think first.'));
});

test('exceeds tells exactly whether the text has more tokens than the limit', () => {
  const words = Array.from({ length: 100 }, (_, index) => ` word${index}`);
  for (const limit of [1, 10, 50, 150, 299]) {
    const meter = createTextMeter();
    let text = '';
    for (const word of words) {
      addChatChoice(meter, { index: 0, delta: { content: word } });
      text += word;
      expect(meter.exceeds(limit)).toBe(countText(text) > limit);
    }
  }
});
