import { expect, test } from 'vitest';
import { createOutputMeter } from '../src/call/outputMeter.js';
import { countText } from '../src/index.js';

test('streamed pieces count as the whole text does, for each choice and kind of text', () => {
  const meter = createOutputMeter();
  for (const letter of 'Metering must not depend on how the text was cut.') {
    meter.add({ index: 0, delta: { content: letter } });
    meter.add({ index: 1, delta: { content: letter } });
  }
  meter.add({ index: 0, delta: { tool_calls: [{ index: 0, function: { name: 'find', arguments: '{"q":' } }] } });
  meter.add({ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '"kedge"}' } }] } });
  const text = countText('Metering must not depend on how the text was cut.');
  expect(meter.tokens()).toBe(2 * text + countText('find') + countText('{"q":"kedge"}'));
});

test('a whole message counts like its stream', () => {
  const meter = createOutputMeter();
  meter.add({ index: 0, message: { content: 'An answer.', refusal: null, tool_calls: [] } });
  expect(meter.tokens()).toBe(countText('An answer.'));
});

test('exceeds tells exactly whether the text has more tokens than the limit', () => {
  const words = Array.from({ length: 100 }, (_, index) => ` word${index}`);
  for (const limit of [1, 10, 50, 150, 299]) {
    const meter = createOutputMeter();
    let text = '';
    for (const word of words) {
      meter.add({ index: 0, delta: { content: word } });
      text += word;
      expect(meter.exceeds(limit)).toBe(countText(text) > limit);
    }
  }
});
