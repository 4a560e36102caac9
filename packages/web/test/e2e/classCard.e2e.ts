import { readFileSync } from 'node:fs';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { foundry } from 'viem/chains';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createConfig, http, WagmiProvider } from 'wagmi';
import { ClassCard } from '../../src/pages/explore/ClassCard.js';
import { someClass } from '../someClass.js';
import { newPage, stopBrowser } from './browser.js';

afterAll(stopBrowser);

const styles = [
  'styles/tokens.css',
  'styles/base.css',
  'styles/layout.css',
  'styles/parts.css',
  'pages/explore/explore.css',
];

/** The card alone, as the grid of the page shows it. */
function pageOf(name: string, description: string | null = null, licence = 'MIT'): string {
  const config = createConfig({ chains: [foundry], transports: { [foundry.id]: http('http://127.0.0.1:1') } });
  const card = createElement(ClassCard, { item: { ...someClass, name, description, licence } });
  const client = createElement(QueryClientProvider, { client: new QueryClient() }, card);
  const markup = renderToStaticMarkup(createElement(WagmiProvider, { config, reconnectOnMount: false }, client));
  const css = styles.map((file) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')).join('\n');
  return `<!doctype html><style>${css}</style><ul class="grid"><li>${markup}</li></ul>`;
}

test.each([
  ['words', 'a long name '.repeat(25).trim()],
  ['one word', 'a'.repeat(300)],
])('a name of 300 characters, %s, takes two lines of a card and is whole in its title', async (_, name) => {
  const { page, context } = await newPage({ viewport: { width: 390, height: 860 } });
  onTestFinished(() => context.close());
  await page.setContent(pageOf('Short'));
  const line = (await page.locator('h2').boundingBox())!.height;
  await page.setContent(pageOf(name));
  const heading = (await page.locator('h2').boundingBox())!;
  expect(heading.height).toBeCloseTo(2 * line, 0);
  expect(heading.width).toBeLessThanOrEqual(390);
  expect(await page.locator('h2 a').getAttribute('title')).toBe(name);
  expect(await page.locator('h2').innerText()).toBe(name);
  // The whole card still leads to the class.
  const card = (await page.locator('.class-card').boundingBox())!;
  const under = await page.evaluate(
    ([x, y]) => document.elementFromPoint(x!, y!)?.getAttribute('href'),
    [card.x + card.width / 2, card.y + card.height - 8],
  );
  expect(under).toBe('#/class/7');
});

test('of a description that is longer than two lines nothing is seen of the third, also in a card that is higher', async () => {
  const { page, context } = await newPage({ viewport: { width: 390, height: 860 } });
  onTestFinished(() => context.close());
  const heightOf = async (description: string): Promise<number> => {
    await page.setContent(pageOf('Short', description));
    await page.locator('li').evaluate((item) => (item.style.height = '600px'));
    return (await page.locator('p.clamp').boundingBox())!.height;
  };
  const line = await heightOf('short');
  expect(await heightOf('a long description '.repeat(25))).toBeCloseTo(2 * line, 0);
});

test('a licence that is longer than a screen is wide is broken, and a name is not said again as its description', async () => {
  const { page, context } = await newPage({ viewport: { width: 380, height: 860 } });
  onTestFinished(() => context.close());
  await page.setContent(pageOf('Short', 'Short', `https://example.com/${'licence-'.repeat(20)}`));
  const card = (await page.locator('.class-card').boundingBox())!;
  const licence = (await page.locator('.pill.free').boundingBox())!;
  expect(licence.x + licence.width).toBeLessThanOrEqual(card.x + card.width);
  expect(await page.locator('p.clamp').innerText()).toBe('No description at hand.');
});
