import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { zeroAddress, zeroHash } from '@kedge/core';
import { createChannelRates } from '../src/strict/channelRates.js';
import type { Place } from '../src/strict/placeOf.js';
import { kedgeFetch } from '../src/strict/kedgeFetch.js';
import { readAsked } from '../src/strict/readAsked.js';
import { resumeAccount } from '../src/strict/resumeAccount.js';

const place = { rates: 'http://gateway/rates', vouchers: 'http://gateway/vouchers', authorization: {} } as Place;

test.each([
  ['<html>502 Bad Gateway</html>', 502, 'transient'],
  ['<html>Sign in</html>', 200, 'user'],
  ['', 404, 'user'],
])('an answer that is not the gateway’s (%s) is said to be none, with its status', async (body, status, kind) => {
  const send = async () => new Response(body, { status });
  const refused = { code: 'gateway_refused', kind, values: { status } };
  const rates = createChannelRates({ policy: { oracle: {} } } as never, send);
  await expect(rates.current(place)).rejects.toMatchObject(refused);
  await expect(resumeAccount({} as never, {} as never, place, send)).rejects.toMatchObject(refused);
});

test('a state without its units is none of a gateway', async () => {
  const send = async () => Response.json({ newest: null, lastReceipt: null });
  await expect(resumeAccount({} as never, {} as never, place, send)).rejects.toMatchObject({ code: 'gateway_refused' });
});

test.each([
  ['nothing', '', null],
  ['half of it', '{"model":', null],
  ['compressed', gzipSync('{}'), 'application/json'],
  ['no form', 'nonsense', 'multipart/form-data; boundary=x'],
])('a request whose body is %s is the caller’s to mend', async (_, body, contentType) => {
  const code = contentType?.startsWith('multipart') === true ? 'form_invalid' : 'json_invalid';
  const asked = readAsked(new Uint8Array(Buffer.from(body)), contentType);
  await expect(asked).rejects.toMatchObject({ code, status: 400 });
});

test.each([
  ['POST', '/files'],
  ['DELETE', '/models/one'],
])('%s %s, which cannot be recounted, is not there for a strict client, and is not sent', async (method, path) => {
  const account = { address: zeroAddress, sign: () => Promise.reject(new Error('signed')) };
  const fetch = () => Promise.reject(new Error('sent'));
  const channel = { channelKey: zeroAddress, cap: 1n };
  const terms = {
    domain: { chainId: 1, verifyingContract: zeroAddress },
    channelId: zeroHash,
    policy: { rates: {}, caps: { outputTokensPerCall: 1 } },
  };
  const paid = kedgeFetch({ ...terms, channel, account, fetch } as never);
  const asked = paid(`http://gateway/v1${path}`, { method });
  await expect(asked).rejects.toMatchObject({ code: 'surface_unmetered', status: 404 });
});
