import { kedgeFetch, type KedgeFetch, type KedgeFetchParameters } from '@kedge/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Gateway } from '../../src/index.js';
import { createStrictSetup, strictChannelOf } from './createStrictSetup.js';
import { apiKey, type TestSetup } from './createTestSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './scriptedUpstream.js';
import { voucherState, type VoucherState } from './strictClient.js';

/** What the tests of a file have at a time. */
type Stage = { upstream: ScriptedUpstream; setup: TestSetup; gateway: Gateway };

/** For each test of a file an upstream and, from `begin` on, a gateway with a strict channel; they are closed after it. */
export function useStrictGateway(): {
  readonly stage: Stage;
  readonly begin: (
    ...terms: Parameters<typeof createStrictSetup> extends [string, ...infer rest] ? rest : never
  ) => Promise<void>;
  /** A client that pays from the channel. */
  readonly clientOf: (more?: Partial<KedgeFetchParameters>) => { readonly openai: OpenAI; readonly paid: KedgeFetch };
  readonly state: () => Promise<VoucherState>;
  /** What the gateway charged is what the client signed for, to the unit. */
  readonly expectAllPaid: (paid: KedgeFetch) => Promise<void>;
} {
  const stage = {} as Stage;
  beforeEach(async () => {
    stage.upstream = await startScriptedUpstream(answerWith(completion('Hello there, this is an answer.')));
  });
  afterEach(async () => {
    await stage.gateway.close();
    await stage.upstream.close();
    stage.setup.remove();
  });
  const state = () => voucherState(`${stage.gateway.url}/v1`);
  return {
    stage,
    begin: async (...terms) => {
      stage.setup = createStrictSetup(stage.upstream.url, ...terms);
      stage.gateway = await stage.setup.start();
    },
    clientOf: (more = {}) => {
      const paid = kedgeFetch({ ...strictChannelOf(stage.setup), ...more });
      return { paid, openai: new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey, fetch: paid, maxRetries: 0 }) };
    },
    state,
    expectAllPaid: async (paid) => {
      await paid.idle();
      const { newest, committedUnits } = await state();
      expect(newest!.voucher.cumulativeUnits).toBe(committedUnits);
    },
  };
}
