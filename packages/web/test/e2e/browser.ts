import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Address } from '@kedge/core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser | undefined;

/** Debian's Chromium without a window: started when it is first needed, and again where it has crashed. */
async function runningBrowser(): Promise<Browser> {
  if (browser?.isConnected() !== true) {
    browser = await chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox', '--disable-gpu'] });
  }
  return browser;
}

export async function stopBrowser(): Promise<void> {
  await browser?.close();
}

/** A page of its own, with everything that it complains about. */
export async function newPage(
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
  const running = await runningBrowser();
  const context = await running.newContext({
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    ...options,
  });
  const page = await context.newPage();
  // Less than a test has: what did not come is named.
  page.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A part that is down is an error on the console, too; tests about that look at the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  return { page, context, complaints };
}

/** What axe finds wrong with the page as it is now, one line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: AxeViolation[] }> } };
    type AxeViolation = { id: string; nodes: { target: unknown[]; failureSummary?: string }[] };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`);
  });
}

/** Chooses a wallet in the menu. */
export async function choose(page: Page, name: string): Promise<void> {
  await page.locator('.header-tools .button').click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}

/** Connects as one of the development accounts. */
export async function connectAs(page: Page, role: string): Promise<void> {
  await choose(page, role);
  await page.locator('.header-tools .button', { hasText: role }).waitFor();
}

/** What a test decides about the wallet in the browser, while it is used. */
export type WalletSwitches = { chainId: number; rejects: boolean };

/**
 * A wallet as an extension puts it into pages (EIP-1193, announced by EIP-6963): its accounts are known once they were asked
 * for, and the node signs for it.
 */
export async function injectWallet(
  context: BrowserContext,
  options: { address: Address; rpcUrl: string; switches: WalletSwitches },
): Promise<void> {
  const { address, rpcUrl, switches } = options;
  await context.exposeFunction('kedgeWallet', async (method: string, params: unknown[]) => {
    if (method === 'eth_chainId') return { result: `0x${switches.chainId.toString(16)}` };
    if (method === 'wallet_switchEthereumChain') {
      switches.chainId = Number((params as [{ chainId: string }])[0].chainId);
      return { result: null };
    }
    if (method === 'eth_requestAccounts') return { result: [address] };
    if (method === 'eth_sendTransaction' && switches.rejects)
      return { error: { code: 4001, message: 'User rejected' } };
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return (await response.json()) as object;
  });
  await context.addInitScript(() => {
    type Listener = (value: unknown) => void;
    const listeners = new Map<string, Set<Listener>>();
    const ask = (globalThis as unknown as { kedgeWallet: (method: string, params: unknown) => Promise<Answer> })
      .kedgeWallet;
    type Answer = { result?: unknown; error?: { code: number; message: string } };
    let known: unknown[] = [];
    const provider = {
      request: async ({ method, params = [] }: { method: string; params?: unknown }) => {
        if (method === 'eth_accounts') return known;
        if (method === 'wallet_requestPermissions') return [{ parentCapability: 'eth_accounts' }];
        const { result, error } = await ask(method, params);
        if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
        if (method === 'eth_requestAccounts') known = result as unknown[];
        if (method === 'wallet_switchEthereumChain') {
          const { chainId } = (params as [{ chainId: string }])[0];
          for (const listener of listeners.get('chainChanged') ?? []) listener(chainId);
        }
        return result;
      },
      on: (name: string, listener: Listener) => {
        listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
      },
      removeListener: (name: string, listener: Listener) => void listeners.get(name)?.delete(listener),
    };
    const icon = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>';
    const info = { uuid: 'c0ffee00-0000-4000-8000-000000000001', name: 'Test Wallet', icon, rdns: 'test.wallet' };
    const announce = () =>
      window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
    window.addEventListener('eip6963:requestProvider', announce);
    announce();
  });
}
