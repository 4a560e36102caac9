import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zeroAddress, type Address, type Policy } from '@kedge/core';
import { createIndexerClient } from '@kedge/sdk';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  accessibilityProblems,
  choose,
  connectAs,
  injectWallet,
  newPage,
  stopBrowser,
  type WalletSwitches,
} from './browser.js';
import { startStack, until, type Stack } from './stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 420_000);
afterAll(async () => {
  await stopBrowser();
  await stack?.stop();
});

const accountOf = (role: string): Address => (stack.up['accounts'] as Record<string, Address>)[role]!;

async function open(path: string, options: Parameters<Browser['newContext']>[0] = {}) {
  const opened = await newPage(options);
  onTestFinished(() => opened.context.close());
  await opened.page.goto(`${stack.up.dashboardUrl}/${path}`);
  return opened;
}

/** Takes a service down until what it resolves with is called, or the test ends. */
async function down(service: 'gateway' | 'indexer'): Promise<() => void> {
  const letBack = await stack.takeDown(service);
  onTestFinished(letBack);
  return letBack;
}

/** One call, as any OpenAI client makes it; its status, 0 while nobody answers. */
async function ask(apiKey = stack.up.apiKey): Promise<number> {
  const body = JSON.stringify({ model: 'kedge-docs', messages: [{ role: 'user', content: 'What is a channel?' }] });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
  const url = `${stack.up.gatewayUrl}/chat/completions`;
  return fetch(url, { method: 'POST', headers, body }).then(
    ({ status }) => status,
    () => 0,
  );
}

/** Confirms what the dialog shows and waits until it is in a block; resolves with what the dialog says then. */
async function confirm(page: Page, button: string): Promise<string> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: button, exact: true }).click();
  const said = await dialog.getByRole('status').textContent();
  await dialog.getByRole('button', { name: 'Close' }).click();
  return said ?? '';
}

/** What the element with the focus says; nothing where the focus is lost. */
function focusOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement, body } = document;
    return activeElement === body ? '' : (activeElement?.textContent ?? '');
  });
}

describe('contributors', () => {
  test('a folder that is anchored appears under Explore, and its files are checked in the browser', async () => {
    const folder = join(stack.folder, 'field-notes');
    mkdirSync(folder);
    writeFileSync(join(folder, 'tides.md'), '# Tides\n\nHigh water at noon.\n');
    await stack.kedge('anchor', 'field-notes', '--account', 'contributor', '--licence', 'CC-BY-4.0');
    const { page, complaints } = await open('#/explore');
    await page.getByRole('link', { name: 'field-notes' }).waitFor();
    await page.getByLabel('Search the classes').fill('field');
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Agents' }).click();
    await page.getByText('No class fits').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByRole('link', { name: 'field-notes' }).click();
    await page.getByRole('heading', { name: 'field-notes', level: 1 }).waitFor();
    await page.getByText('Matches the hash on chain').waitFor();
    await page.getByRole('tab', { name: 'Integrity' }).click();
    const files = page.locator('input[type=file]').first();
    await files.setInputFiles({
      name: 'tides.md',
      mimeType: 'text/markdown',
      buffer: Buffer.from('# Tides\n\nHigh water at noon.\n'),
    });
    await page.getByText('It is what was anchored, byte for byte.').waitFor();
    await files.setInputFiles({
      name: 'tides.md',
      mimeType: 'text/markdown',
      buffer: Buffer.from('# Tides\n\nHigh water at one.\n'),
    });
    await page.getByText('differs from the anchored file').waitFor();
    expect(complaints).toEqual([]);
  });

  test('a call in the browser is verified there, reaches the chain, is explained, and is claimed', async () => {
    const { page, complaints } = await open('#/try');
    await page.getByText('of 1,000 units').waitFor();
    const earned = page.locator('.earners dd').nth(1);
    const before = await earned.textContent();
    await page.getByRole('button', { name: 'How are contributors paid?' }).click();
    await page.getByText('Receipt verified in your browser').waitFor();
    await page.getByText('Anchored', { exact: true }).waitFor();
    await page.locator('.receipt summary').click();
    for (const check of [
      'Path to the signed root',
      'Signature of the operator',
      'Units follow from the policy',
      'Exact bytes',
      'Anchored on chain',
    ])
      await page.getByText(check).first().waitFor();
    expect(await page.locator('.checks li[data-ok=false]').count()).toBe(0);
    const left = Number((await page.locator('.big-number').textContent())!.replaceAll(',', ''));
    expect(left).toBeLessThan(1_000);
    await page.locator('.earners', { hasText: 'parent' }).waitFor();
    await expect.poll(() => earned.textContent()).not.toBe(before);
    // What everyone gets is together what the used units cost, in billionths of an ETH.
    const inParts = async (figures: Locator): Promise<number> => {
      const texts = await figures.allTextContents();
      return texts.reduce((sum, text) => sum + Math.round(Number.parseFloat(text) * 1e9), 0);
    };
    await expect.poll(() => inParts(page.locator('.earners dd'))).toBe(Math.round((1_000 - left) * 1e6));

    await connectAs(page, 'contributor');
    await page.goto(`${stack.up.dashboardUrl}/#/earnings`);
    await page.getByRole('button', { name: 'Why?' }).click();
    await page.getByText('All parts add up to').waitFor();
    const total = await page.locator('.explain strong').first().textContent();
    expect(total).toMatch(/^0\.\d+ ETH$/);
    await page.locator('.tree summary').first().click();
    await page.locator('.tree .tree summary').first().click();
    await page.getByText('up to receipt').first().waitFor();

    await page.getByRole('button', { name: 'Claim', exact: true }).first().click();
    expect(await confirm(page, 'Claim')).toContain('was paid to you');
    await page.locator('.stat', { hasText: 'You can claim' }).getByText('0 ETH', { exact: true }).waitFor();

    // What was used, and how much of it was paid for, is said alike wherever a class is shown.
    const used = async (figure: Locator): Promise<string[]> => {
      await figure.getByText('paid for through channels').waitFor();
      return (await figure.innerText()).split(/\s*\n\s*/);
    };
    await page.goto(`${stack.up.dashboardUrl}/#/explore`);
    const card = page.locator('.class-card', { hasText: 'Kedge docs agent' });
    const onCard = await used(card.locator('.class-numbers > div').first());
    await page.goto(`${stack.up.dashboardUrl}/#/class/2`);
    const onPage = await used(page.locator('.stat').first());
    expect(onCard).toEqual(onPage);
    expect(onCard).toEqual(['Used', expect.stringMatching(/^[1-9][\d,.]* units$/), expect.stringMatching(/^[1-9]/)]);
    expect(complaints).toEqual([]);
  });
});

describe('holders of very many tokens', () => {
  test('see more of what they earned each time that they ask for it', async () => {
    const { page, complaints } = await open('#/explore');
    await connectAs(page, 'contributor');
    // As the indexer would say it of forty tokens, on two pages.
    await page.route('**/indexer/accounts/*/earnings?*', async (route) => {
      const isSecond = route.request().url().includes('after=');
      const tokens = Array.from({ length: 20 }, (_, at) => ({
        tokenId: String((isSecond ? 100 : 1) + at),
        classId: '1',
        className: 'Readings',
        share: '1',
        shareState: 'active',
        asset: zeroAddress,
        earned: '3',
        claimed: '1',
        claimable: '2',
      }));
      const account = accountOf('contributor');
      const totals = [{ asset: zeroAddress, claimable: '80', claimableCount: 40, claimed: '40', owed: '0' }];
      await route.fulfill({ json: { account, totals, tokens, next: isSecond ? null : '20' } });
    });
    await page.goto(`${stack.up.dashboardUrl}/#/earnings`);
    const rows = page.getByRole('button', { name: 'Why?' });
    await rows.first().waitFor();
    expect(await rows.count()).toBe(20);
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => rows.count()).toBe(40);
    expect(complaints).toEqual([]);
  });
});

describe('consumers', () => {
  test('a purchase by the keyboard alone stays in its dialog, and goes on where it was opened', async () => {
    const { page, complaints } = await open('#/class/2');
    await connectAs(page, 'deployer');
    await page.getByRole('button', { name: 'Buy value' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('0.1 ETH and the chain’s fee').waitFor();
    await dialog.getByRole('button', { name: 'Buy value' }).focus();
    await page.keyboard.press('Enter');
    await dialog.getByText('You bought 100 units').waitFor();
    await expect.poll(() => focusOf(page)).toBe('Close');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => focusOf(page)).toBe('Buy value');
    expect(complaints).toEqual([]);
  });

  test('value is bought, split off to another account, and what is asked for beyond it is refused', async () => {
    const { page, complaints } = await open('#/class/2');
    await connectAs(page, 'deployer');
    await page.getByRole('button', { name: 'Buy value' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Units', { exact: true }).fill('50');
    await dialog.getByText('0.05 ETH and the chain’s fee').waitFor();
    expect(await confirm(page, 'Buy value')).toContain('You bought 50 units');

    await page.goto(`${stack.up.dashboardUrl}/#/tokens`);
    const token = page.getByRole('article').first();
    await token.getByText('50', { exact: true }).waitFor();
    await token.getByRole('button', { name: 'Transfer value' }).click();
    await dialog.getByLabel('To', { exact: true }).fill(accountOf('contributor'));
    await dialog.getByLabel('Units', { exact: true }).fill('51');
    await dialog.getByText('At most 50 units.').waitFor();
    expect(await dialog.getByRole('button', { name: 'Transfer value' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Units', { exact: true }).fill('20');
    expect(await confirm(page, 'Transfer value')).toContain('You sent 20 units to');
    await token.getByText('30', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('an API key of a channel is listed with what it may spend, and as revoked when it was', async () => {
    const { keyId } = JSON.parse(await stack.kedge('key', 'create', '--name', 'intern', '--cap', '50', '--json')) as {
      keyId: string;
    };
    const { page, complaints } = await open('#/tokens');
    await connectAs(page, 'consumer');
    const row = page.getByRole('row', { name: 'intern' });
    await row.getByText('active').waitFor();
    await row.getByRole('cell', { name: '50', exact: true }).waitFor();
    await stack.kedge('key', 'revoke', keyId);
    await row.getByText('revoked').waitFor();
    expect(complaints).toEqual([]);
  });

  test('a top-up whose second transaction is declined says that the first stands, and does not pay again', async () => {
    const { page } = await open('#/tokens');
    let sent = 0;
    await page.route(`${stack.up.rpcUrl}/**`, async (route) => {
      const asked = route.request().postData() ?? '';
      if (!asked.includes('"eth_sendTransaction"') || (sent += 1) < 2) return route.continue();
      const error = { code: 4001, message: 'User rejected the request.' };
      return route.fulfill({
        json: { jsonrpc: '2.0', id: 1, error },
        headers: { 'access-control-allow-origin': '*' },
      });
    });
    await connectAs(page, 'consumer');
    await page.getByRole('button', { name: 'Top up' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Top up' }).click();
    await dialog.getByText('The units were bought, and are in a token of their own.').waitFor();
    expect(sent).toBe(2);
    expect(await dialog.getByRole('button', { name: 'Copy transaction' }).count()).toBe(1);
    expect(await dialog.getByRole('button', { name: /Top up|Try again/ }).count()).toBe(0);
  });

  test('with the operator’s own key a channel is capped, also where the key was typed', async () => {
    const { page } = await open('#/tokens');
    await connectAs(page, 'consumer');
    await page.getByRole('button', { name: 'Open a channel' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Units to lock').fill('1');
    await dialog.getByLabel('Channel key').fill(accountOf('operator'));
    await dialog.getByText('at most what is locked').waitFor();
    await dialog.getByLabel('Channel key').fill(accountOf('consumer'));
    await dialog.getByText('nothing that your key did not sign').waitFor();
  });

  test('a refusal of the contracts is told in words, before anything is signed', async () => {
    const { page } = await open('#/tokens');
    await connectAs(page, 'consumer');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Close channel' }).click();
    const alert = dialog.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/Could not close the channel/);
    expect(await dialog.locator('.steps li').first().getAttribute('data-state')).toBe('failed');
    // It is about something on that page: who goes on to another leaves it.
    await page.evaluate(() => (location.hash = '#/explore'));
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor();
    await dialog.waitFor({ state: 'hidden' });
  });
});

describe('a class', () => {
  test('another document is not taken for the anchored one, though it claims the same hash and is as long', async () => {
    const { page } = await open('#/class/1');
    await page.getByText('Matches the hash on chain').waitFor();
    await page.route('**/indexer/classes/2', async (route) => {
      const genuine = await fetch(`${String(stack.up['indexerUrl'])}/classes/1`);
      const { metadata, integrityHash } = (await genuine.json()) as {
        metadata: { license: string };
        integrityHash: string;
      };
      const own = (await (await route.fetch()).json()) as object;
      const forged = { ...metadata, license: 'X'.repeat(metadata.license.length) };
      await route.fulfill({ json: { ...own, metadata: forged, integrityHash } });
    });
    await page.goto(`${stack.up.dashboardUrl}/#/class/2`);
    await page.getByText('Differs from the hash on chain').waitFor();
  });

  test('a statement about it is checked in the browser, and a changed copy is told', async () => {
    const { page, complaints } = await open('#/class/1');
    await page.getByRole('tab', { name: 'Attestations' }).click();
    expect(await page.title()).toBe('Class 1 · Kedge');
    const attested = page.getByRole('article', { name: 'licence' });
    await attested.getByText('self-attested', { exact: true }).waitFor();
    await attested.getByText('Is what was attested').waitFor();
    const copy = { name: 'LICENSE', mimeType: 'text/plain', buffer: Buffer.from('another licence') };
    await attested.getByLabel('Check a copy').setInputFiles(copy);
    await attested.getByText('Is not what was attested').waitFor();
    expect(complaints).toEqual([]);
  });

  test('older statements about it are asked for by the keyboard alone, which goes on from their end', async () => {
    const file = join(stack.folder, 'quality.txt');
    writeFileSync(file, 'No reading is missing.');
    await stack.kedge('attest', file, '--class', '1', '--type', 'quality');
    const { page, complaints } = await open('#/explore');
    // Pages of one, of the same indexer.
    await page.route('**/indexer/attestations?*', (route) =>
      route.continue({ url: route.request().url().replace('limit=20', 'limit=1') }),
    );
    await page.goto(`${stack.up.dashboardUrl}/#/class/1?tab=attestations`);
    const more = page.getByRole('button', { name: 'Show more' });
    await more.waitFor();
    expect(await page.getByRole('article').count()).toBe(1);
    await more.focus();
    await page.keyboard.press('Enter');
    await page.getByText('That is all.').waitFor();
    expect(await page.getByRole('article').count()).toBe(2);
    await expect.poll(() => focusOf(page)).toBe('That is all.');
    expect(complaints).toEqual([]);
  });

  test('the next version of its policy is shown with what it changes', async () => {
    const indexer = createIndexerClient({ url: String(stack.up['indexerUrl']) });
    const { policies } = await indexer.class({ classId: 2n });
    const file = join(stack.folder, 'policy.json');
    // The agent's policy for the dataset, whose units are whole.
    const policy = policies[0]!.document as Policy;
    const publish = async (licence: string): Promise<void> => {
      writeFileSync(file, JSON.stringify({ ...policy, unit: { ...policy.unit, decimals: 0 }, licence }));
      await stack.kedge('policy', 'publish', '1', file);
    };
    const { page, complaints } = await open('#/class/1');
    await page.getByRole('tab', { name: 'Policy' }).click();
    await publish('CC-BY-4.0');
    await page.getByRole('heading', { name: 'Policy, version 2' }).waitFor();
    await publish('CC0-1.0');
    const changes = page.getByRole('region', { name: 'Changed since version 2' });
    await changes.locator('.removed', { hasText: '"licence": "CC-BY-4.0"' }).waitFor();
    await changes.locator('.added', { hasText: '"licence": "CC0-1.0"' }).waitFor();
    expect(await changes.locator('.added, .removed').count()).toBe(2);
    expect(complaints).toEqual([]);
  });
});

describe('wallets of the browser', () => {
  async function withWallet(path: string, chainId: number) {
    const switches: WalletSwitches = { chainId, rejects: false };
    const opened = await newPage();
    onTestFinished(() => opened.context.close());
    await injectWallet(opened.context, { address: accountOf('deployer'), rpcUrl: stack.up.rpcUrl, switches });
    await opened.page.goto(`${stack.up.dashboardUrl}/${path}`);
    await choose(opened.page, 'Test Wallet');
    await opened.page.locator('.header-tools').getByText('…').waitFor();
    return { ...opened, switches };
  }

  test('on another network nothing can be signed, and the way back is offered', async () => {
    const { page } = await withWallet('#/class/2', 1);
    await page.getByText('Your wallet is on chain 1').waitFor();
    await page.getByRole('button', { name: 'Buy value' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Buy value' }).isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Switch network' }).click();
    await page.getByText('Your wallet is on chain 1').waitFor({ state: 'detached' });
  });

  test('who was connected as one account and then as another is nobody after leaving', async () => {
    const { page } = await open('#/explore');
    await connectAs(page, 'consumer');
    await connectAs(page, 'contributor');
    await choose(page, 'Disconnect');
    await page.locator('.header-tools .button', { hasText: 'Connect' }).waitFor();
  });

  test('a signature that is declined changes nothing, and may be asked for again', async () => {
    const { page, switches } = await withWallet('#/class/2', stack.up.chainId);
    switches.rejects = true;
    await page.getByRole('button', { name: 'Buy value' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Buy value' }).click();
    await dialog.getByText('You declined it in your wallet.').waitFor();
    switches.rejects = false;
    expect(await confirm(page, 'Try again')).toContain('You bought 100 units');
  });
});

describe('operators', () => {
  test('calls, units and revenue show as they come, with what was refused and why', async () => {
    const { page, complaints } = await open('#/operator');
    await page.getByText('As the gateway tells it, every second').waitFor();
    expect(await ask()).toBe(200);
    expect(await ask('kedge_unknown_key')).toBe(401);
    const figure = (label: string) => page.locator('.live-stats .stat', { hasText: label }).locator('dd');
    for (const label of ['Calls a minute', 'Units a minute', 'Revenue a minute'])
      await figure(label)
        .filter({ hasText: /^(0\.\d*)?[1-9]/ })
        .waitFor();
    await page.getByRole('cell', { name: 'key unknown' }).waitFor();
    await page.locator('.live .chart-frame rect').first().waitFor();
    expect(complaints).toEqual([]);
  });
});

describe('what is down', () => {
  test('the gateway: the question says so, and the next one is answered', async () => {
    const { page } = await open('#/try');
    await page.getByLabel('Your question').fill('What is in a receipt?');
    const letBack = await down('gateway');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('alert').getByText('The gateway does not answer.').waitFor();
    letBack();
    await until(async () => (await ask()) === 200);
    await page.getByLabel('Your question').fill('What is in a receipt?');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Receipt verified in your browser').waitFor();
  });

  test('the gateway: the operator keeps its last figures, is told, and sees it come back', async () => {
    const { page } = await open('#/operator');
    await page.getByText('As the gateway tells it, every second').waitFor();
    const letBack = await down('gateway');
    await page.getByText('The gateway does not answer. This is what it told last.').waitFor();
    expect(await page.getByText('Calls a minute').count()).toBe(1);
    letBack();
    await page.getByText('As the gateway tells it, every second').waitFor();
  });

  test('the indexer: lists say so, and come back by themselves', async () => {
    const letBack = await down('indexer');
    const { page } = await open('#/explore');
    await page.getByText('The classes cannot be listed').waitFor();
    letBack();
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor();
  });

  test('the indexer that takes long to answer is said to, until it does', async () => {
    const { page } = await open('#/explore');
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor();
    await page.route('**/indexer/**', () => undefined);
    const told = page.getByRole('status').getByText('The indexer takes long to answer');
    await told.waitFor();
    await page.unroute('**/indexer/**');
    await told.waitFor({ state: 'detached' });
  });
});

describe('what the browser does to the page', () => {
  test('a part that cannot be loaded is told instead of the page, and is there when the page is loaded again', async () => {
    const { page } = await open('#/explore');
    const card = page.getByRole('link', { name: 'Kedge docs agent' });
    await card.waitFor();
    await page.route('**/assets/OpenWalletMenu*', (route) => route.abort());
    await page.locator('.header-tools .button').click();
    await page.getByText('A part of the dashboard cannot be loaded.').waitFor();
    // The page that it is part of stays, and can be used again when that is closed.
    expect(await card.isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByText('A part of the dashboard cannot be loaded.').waitFor({ state: 'detached' });
    await page.route('**/assets/LineageTab*', (route) => route.abort());
    await card.click();
    await page.getByRole('tab', { name: 'Lineage' }).click();
    await page.getByText('A part of the dashboard cannot be loaded.').waitFor();
    await page.getByRole('tab', { name: 'Policy' }).click();
    await page.getByRole('heading', { name: 'Policy, version 1' }).waitFor();
    await page.goBack();
    await page.locator('.header-tools .button').click();
    await page.getByText('A part of the dashboard cannot be loaded.').waitFor();
    await page.unroute('**/assets/OpenWalletMenu*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await card.waitFor();
    await connectAs(page, 'consumer');
  });

  test('what was searched for and chosen is there again on the way back, and when the page is loaded anew', async () => {
    const { page, complaints } = await open('#/explore');
    const search = page.getByLabel('Search the classes');
    const chosen = (tab: string) => page.getByRole('tab', { name: tab, selected: true });
    await page.getByRole('button', { name: 'Agents' }).click();
    await search.fill('docs');
    await page.getByRole('link', { name: 'Kedge documentation' }).waitFor({ state: 'detached' });
    await page.waitForURL(/kind=agent.*text=docs|text=docs.*kind=agent/);
    await page.getByRole('link', { name: 'Kedge docs agent' }).click();
    await page.getByRole('tab', { name: 'Lineage' }).click();
    await page.waitForURL(/tab=lineage/);
    await page.locator('.lineage').getByRole('link', { name: 'Kedge documentation' }).click();
    await page.getByRole('heading', { name: 'Kedge documentation', level: 1 }).waitFor();
    await chosen('Overview').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Kedge docs agent', level: 1 }).waitFor();
    await chosen('Lineage').waitFor();
    await page.reload();
    await chosen('Lineage').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Agents', pressed: true }).waitFor();
    expect(await search.inputValue()).toBe('docs');
    await page.getByRole('link', { name: 'Explore', exact: true }).click();
    await page.getByRole('link', { name: 'Kedge documentation' }).waitFor();
    expect(await search.inputValue()).toBe('');
    expect(complaints).toEqual([]);
  });

  test('one that keeps nothing for pages shows them all the same', async () => {
    const { page, context, complaints } = await newPage();
    onTestFinished(() => context.close());
    await context.addInitScript(() => {
      const refuse = (): never => {
        throw new DOMException('denied', 'SecurityError');
      };
      Object.defineProperty(globalThis, 'localStorage', { get: refuse });
    });
    await page.goto(`${stack.up.dashboardUrl}/#/explore`);
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor();
    await page.getByRole('button', { name: 'Use the dark theme' }).click();
    await page.getByRole('button', { name: 'Use the light theme' }).waitFor();
    await connectAs(page, 'consumer');
    expect(complaints).toEqual([]);
  });

  test('one without a clipboard for pages that came by plain HTTP copies all the same', async () => {
    const { page, context, complaints } = await newPage();
    onTestFinished(() => context.close());
    await context.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.goto(`${stack.up.dashboardUrl}/#/class/2`);
    // It says so for a moment only.
    await Promise.all([
      page.getByRole('button', { name: 'address copied', exact: true }).waitFor(),
      page.getByRole('button', { name: 'Copy address', exact: true }).click(),
    ]);
    await page.goto(`${stack.up.dashboardUrl}/#/explore`);
    await page.getByLabel('Search the classes').press('Control+V');
    expect((await page.getByLabel('Search the classes').inputValue()).toLowerCase()).toBe(
      accountOf('operator').toLowerCase(),
    );
    expect(complaints).toEqual([]);
  });

  test('a machine that is offline reaches what runs on it', async () => {
    const { page } = await open('#/explore');
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor();
    await page.evaluate(() => window.dispatchEvent(new Event('offline')));
    await page.goto(`${stack.up.dashboardUrl}/#/class/2`);
    await page.getByRole('heading', { name: 'Kedge docs agent', level: 1 }).waitFor();
    await connectAs(page, 'consumer');
  });

  test('a receipt that cannot be checked is no more said to be, and is checked once it can', async () => {
    const { page } = await open('#/try');
    await page.getByText('of 1,000 units').waitFor();
    await page.route('**/ipfs/**', (route) => route.abort());
    await page.getByRole('button', { name: 'What is in a receipt?' }).click();
    await page.getByText('The receipt cannot be checked now.').waitFor();
    await page.getByText('Receipt not checked').waitFor();
    await page.unroute('**/ipfs/**');
    await page.getByText('Receipt verified in your browser').waitFor();
    await page.getByText('The receipt cannot be checked now.').waitFor({ state: 'detached' });
  });

  test('the link back to Explore leads to where one was, another to the top', async () => {
    const { page } = await open('#/explore', { viewport: { width: 380, height: 500 } });
    const link = page.getByRole('link', { name: 'Kedge docs agent' });
    await link.waitFor();
    const place = (): Promise<number> => page.evaluate(() => window.scrollY);
    await link.scrollIntoViewIfNeeded();
    await page.evaluate(() => window.scrollBy(0, 60));
    const before = await place();
    expect(before).toBeGreaterThan(0);
    await link.click();
    await page.getByRole('heading', { name: 'Kedge docs agent', level: 1 }).waitFor();
    await expect.poll(place).toBe(0);
    await page.getByRole('navigation', { name: 'Where you are' }).getByRole('link', { name: 'Explore' }).click();
    await link.waitFor();
    await expect.poll(place).toBe(before);
    await page.getByRole('link', { name: 'Operator', exact: true }).click();
    await page.getByRole('heading', { name: 'Operator', level: 1 }).waitFor();
    await expect.poll(place).toBe(0);
  });

  test('what was asked and paid for is there again when one comes back to the chat', async () => {
    const { page, complaints } = await open('#/try');
    await page.getByRole('button', { name: 'What is in a receipt?' }).click();
    await page.getByText('Receipt verified in your browser').waitFor();
    const answer = await page.locator('.answer').innerText();
    await page.locator('.earners').getByRole('link', { name: 'Class 2' }).click();
    await page.getByRole('heading', { name: 'Kedge docs agent', level: 1 }).waitFor();
    await page.goBack();
    await page.getByText('Receipt verified in your browser').waitFor();
    expect(await page.locator('.answer').innerText()).toBe(answer);
    await page.getByText('Anchored', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('who asks by the keyboard goes on from the answer, and sees why there is none', async () => {
    const { page, complaints } = await open('#/try');
    await page.getByText('Channel open').waitFor();
    const suggestion = page.getByRole('button', { name: 'What is in a receipt?' });
    await suggestion.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Receipt verified in your browser').waitFor();
    await expect.poll(() => focusOf(page)).toContain('You asked: What is in a receipt?');
    await page.getByLabel('API key').fill('kedge-unknown');
    await page.getByLabel('Your question').fill('And then?');
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert').filter({ hasText: 'The API key is not known here.' });
    await alert.waitFor();
    const bottomOf = (part: Locator): Promise<number> =>
      part.evaluate((element) => element.getBoundingClientRect().bottom);
    const log = page.getByRole('log');
    await expect.poll(async () => (await bottomOf(alert)) - (await bottomOf(log))).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  });

  test('who leaves the chat ends the call, for nobody reads what it brings', async () => {
    const { page, context } = await newPage();
    onTestFinished(() => context.close());
    await context.addInitScript(() => {
      const real = globalThis.fetch;
      globalThis.fetch = async (input, init) => {
        if (!String(input).endsWith('/chat/completions')) return real(input, init);
        init!.signal!.addEventListener('abort', () => document.body.setAttribute('data-call', 'ended'));
        return new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }));
      };
    });
    await page.goto(`${stack.up.dashboardUrl}/#/try`);
    await page.getByRole('button', { name: 'What is in a receipt?' }).click();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await page.evaluate(() => (location.hash = '#/explore'));
    await page.locator('body[data-call=ended]').waitFor();
  });
});

describe('every page, in light and dark', () => {
  const classTabs = ['Overview', 'Lineage', 'Policy', 'Holders', 'Integrity', 'Attestations'];

  test.each(['light', 'dark'] as const)('axe finds nothing to say: %s', { timeout: 360_000 }, async (colorScheme) => {
    const { page } = await open('#/explore', { colorScheme, bypassCSP: true });
    const found: string[] = [];
    const check = async (name: string): Promise<void> => {
      for (const problem of await accessibilityProblems(page)) found.push(`${name}: ${problem}`);
    };
    await page.getByRole('link', { name: 'Kedge docs agent' }).waitFor();
    await check('explore');
    await page.goto(`${stack.up.dashboardUrl}/#/class/1`);
    for (const tab of classTabs) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel').locator('section').first().waitFor();
      await check(`class, ${tab}`);
    }
    await connectAs(page, 'contributor');
    for (const [path, sign] of [
      ['tokens', 'Transfer token'],
      ['earnings', 'Why?'],
    ] as const) {
      await page.goto(`${stack.up.dashboardUrl}/#/${path}`);
      await page.getByRole('button', { name: sign }).first().click();
      if (path === 'tokens') await page.getByRole('dialog').waitFor();
      else await page.locator('.explain').waitFor();
      await check(path);
      await page.keyboard.press('Escape');
    }
    // The gateway shows what it served in the last five minutes.
    expect(await ask()).toBe(200);
    await page.goto(`${stack.up.dashboardUrl}/#/operator`);
    await page.getByRole('heading', { name: 'Batches and their transactions' }).waitFor();
    await page.locator('.live .chart-frame rect').first().waitFor();
    await check('operator');
    await page.goto(`${stack.up.dashboardUrl}/#/try`);
    await page.getByText('Channel open').waitFor();
    await check('try');
    expect(found).toEqual([]);
  });

  test('the menu shows every page on a tablet, also to who is connected', async () => {
    const { page } = await open('#/explore');
    await connectAs(page, 'contributor');
    const menu = page.getByRole('navigation', { name: 'Pages' });
    for (let width = 740; width <= 900; width += 16) {
      await page.setViewportSize({ width, height: 800 });
      const excess = await menu.evaluate((element) => element.scrollWidth - element.clientWidth);
      expect(excess, `${width} pixels`).toBeLessThanOrEqual(0);
    }
  });

  test('nothing is wider than a screen of 380 pixels, not even a name without a space', async () => {
    const name = 'name'.repeat(30);
    const { classId } = JSON.parse(await stack.kedge('class', 'create', '--name', name, '--json')) as {
      classId: string;
    };
    const { page } = await open('#/explore', { viewport: { width: 380, height: 800 }, isMobile: true, hasTouch: true });
    await connectAs(page, 'consumer');
    for (const [path, sign] of [
      ['explore', name],
      ['class/2', 'Data card'],
      [`class/${classId}`, name],
      ['tokens', 'Transfer token'],
      ['earnings', 'Earnings'],
      ['operator', name],
      ['try', 'Channel open'],
    ] as const) {
      await page.goto(`${stack.up.dashboardUrl}/#/${path}`);
      await page.getByText(sign).first().waitFor();
      // Not innerWidth: on a phone it grows with what is too wide.
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - screen.width);
      expect(excess, path).toBeLessThanOrEqual(0);
    }
  });
});
