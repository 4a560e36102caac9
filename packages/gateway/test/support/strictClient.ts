import { BaseError, type Policy } from '@kedge/core';
import { kedgeFetch, type KedgeFetch, type KedgeFetchParameters } from '@kedge/sdk';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import type { GatewayConfigInput } from '../../src/index.js';
import { createStrictSetup, strictChannelOf } from './createStrictSetup.js';
import { apiKey } from './createTestSetup.js';
import { answerWith, type ScriptedUpstream, startScriptedUpstream } from './scriptedUpstream.js';

/** What the gateway says that it holds of the channel. */
export type VoucherState = {
  readonly newest: { readonly voucher: { readonly cumulativeUnits: string; readonly seq: string } } | null;
  readonly committedUnits: string;
  readonly lastReceipt: unknown;
};

/** @param base Of the gateway, as clients take it. */
export async function voucherState(base: string): Promise<VoucherState> {
  const response = await fetch(`${base}/vouchers`, { headers: { authorization: `Bearer ${apiKey}` } });
  return (await response.json()) as VoucherState;
}

/** A client that pays from a strict channel, the gateway, and the upstream behind it. */
export type StrictTest = {
  readonly paid: KedgeFetch;
  readonly openai: OpenAI;
  readonly base: string;
  readonly upstream: ScriptedUpstream;
  /** Of the gateway. */
  readonly logs: readonly Record<string, unknown>[];
  readonly state: () => Promise<VoucherState>;
};

/** Starts all three; they are closed after the test that calls it. */
export async function startStrictTest(
  options: {
    readonly policy?: Partial<Policy>;
    readonly strict?: NonNullable<GatewayConfigInput['strict']>;
    readonly client?: Partial<KedgeFetchParameters>;
  } = {},
): Promise<StrictTest> {
  const upstream = await startScriptedUpstream(answerWith({}));
  const setup = createStrictSetup(upstream.url, options.strict, options.policy);
  const gateway = await setup.start();
  onTestFinished(async () => {
    await gateway.close();
    await upstream.close();
    setup.remove();
  });
  const base = `${gateway.url}/v1`;
  const paid = kedgeFetch({ ...strictChannelOf(setup), ...options.client });
  return {
    paid,
    openai: new OpenAI({ baseURL: base, apiKey, fetch: paid, maxRetries: 0 }),
    base,
    upstream,
    logs: setup.logs,
    state: () => voucherState(base),
  };
}

/** The error that a rejected call carries, under what a client wraps around it. */
export async function faultOf(work: Promise<unknown>): Promise<BaseError> {
  try {
    await work;
  } catch (error) {
    for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof BaseError) return cause;
    throw error;
  }
  throw new Error('It was not refused.');
}

type Send = NonNullable<KedgeFetchParameters['fetch']>;
const isCall = (input: string): boolean => !/\/(vouchers|rates)$/.test(input);

/** A network on which an operator keeps part of an answer to itself, and charges for all of it. */
export function withholding(edit: (text: string) => string): Send {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!isCall(input)) return response;
    return new Response(edit(await response.text()), { status: response.status, headers: response.headers });
  };
}

/** A network that brings an answer byte by byte. */
export const byteByByte: Send = async (input, init) => {
  const response = await fetch(input, init);
  if (!isCall(input) || response.body === null) return response;
  const split = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      for (let at = 0; at < chunk.length; at++) controller.enqueue(chunk.slice(at, at + 1));
    },
  });
  return new Response(response.body.pipeThrough(split), { status: response.status, headers: response.headers });
};

/** A network on which an operator asks for `more` base units than a stream has come to, from the `from`th time on. */
export function askingForMore(more: bigint, from: number, heard: (event: string) => void): Send {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!isCall(input) || response.body === null) return response;
    let asked = 0;
    const raise = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        const text = new TextDecoder().decode(chunk);
        const raised = text.replace(/^: kedge-due (\d+)$/gm, (line, due: string) => {
          return ++asked < from ? line : `: kedge-due ${BigInt(due) + more}`;
        });
        heard(raised);
        controller.enqueue(new TextEncoder().encode(raised));
      },
    });
    return new Response(response.body.pipeThrough(raise), { status: response.status, headers: response.headers });
  };
}
