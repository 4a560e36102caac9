// Takes the pictures in docs/screenshots of a stack that runs: node packages/web/scripts/screenshots.mjs <folder of kedge up>
// Makes some calls first, so that there is something to see. Chromium: see chromium.mjs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium, howToInstall } from './chromium.mjs';

const executablePath = findChromium();
if (executablePath === undefined) throw new Error(`there is no Chromium: ${howToInstall}`);
const up = JSON.parse(readFileSync(path.join(process.argv[2] ?? '.', '.kedge/up.json'), 'utf8'));
const folder = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const darkroom = await browser.newPage();

/** Keeps a picture as WebP, a third of the size. */
async function save(name, png) {
  const webp = await darkroom.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.9).split(',')[1];
  }, png.toString('base64'));
  writeFileSync(path.join(folder, `${name}.webp`), Buffer.from(webp, 'base64'));
}

for (const width of [1280, 380]) {
  for (const colorScheme of ['light', 'dark']) {
    const isMobile = width < 500;
    const context = await browser.newContext({
      colorScheme,
      isMobile,
      hasTouch: isMobile,
      viewport: { width, height: isMobile ? 800 : 860 },
      reducedMotion: 'reduce',
      locale: 'en-GB',
    });
    const page = await context.newPage();
    // The indexer of a stack that has just begun takes a while.
    page.setDefaultTimeout(120_000);
    const visit = (hash) => page.goto(`${up.dashboardUrl}/#/${hash}`);
    const shoot = async (name) => {
      await page.mouse.move(0, 0);
      await page.evaluate(() => window.scrollTo(0, 0));
      await page.evaluate(() => document.activeElement?.blur());
      // There is no scrollbar on a picture.
      await page.evaluate(() => (document.documentElement.style.scrollbarGutter = 'auto'));
      await save(`${name}-${colorScheme}-${width}`, await page.screenshot({ fullPage: true }));
    };
    const connect = async (role) => {
      await page.locator('header .header-tools .button').click();
      await page.getByRole('menuitem', { name: role, exact: true }).click();
      await page.locator('header .button', { hasText: role }).waitFor();
    };

    await visit('try');
    await page.getByText('of 1,000 units').waitFor();
    await page.getByRole('button', { name: 'How are contributors paid?' }).click();
    await page.getByText('Anchored', { exact: true }).waitFor({ timeout: 60_000 });
    // A key is not for pictures, even one of a stack that is gone.
    await page.getByLabel('API key').fill(`kedge-${'•'.repeat(26)}`);
    await page.locator('.receipt summary').click();
    await page.locator('.receipt').scrollIntoViewIfNeeded();
    await shoot('try');
    await visit('explore');
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor();
    await page.getByText('0 units').first().waitFor();
    await shoot('explore');
    await visit('class/2');
    await page.locator('.chart-frame rect').first().waitFor();
    await page.getByText('Matches the hash on chain').waitFor();
    await shoot('class');
    await page.getByRole('tab', { name: 'Lineage' }).click();
    await page.locator('.lineage-node').first().waitFor();
    await page.locator('.react-flow__edge').first().waitFor();
    await shoot('class-lineage');
    await page.getByRole('tab', { name: 'Policy' }).click();
    await page.getByText('A call takes at most').waitFor();
    await shoot('class-policy');
    await connect('consumer');
    await page.getByRole('button', { name: 'Buy value' }).click();
    await page.getByText('and the chain’s fee').waitFor();
    await save(`buy-${colorScheme}-${width}`, await page.screenshot());
    await page.keyboard.press('Escape');
    await visit('tokens');
    await page.getByRole('group', { name: 'Channels of this token' }).waitFor();
    await shoot('tokens');
    await connect('contributor');
    await visit('earnings');
    await page.getByRole('button', { name: 'Why?' }).first().click();
    await page.locator('.tree summary').first().click();
    await shoot('earnings');
    await visit('operator');
    await page.locator('.live .chart-frame rect').first().waitFor();
    await page.locator('.chart-frame').nth(3).waitFor();
    await page.locator('.activity li').first().waitFor();
    await shoot('operator');
    await context.close();
  }
}
await browser.close();
