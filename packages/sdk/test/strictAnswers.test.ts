import { gzipSync } from 'node:zlib';
import { channelIdOf, zeroAddress, zeroHash, type Channel } from '@kedge/core';
import { keccak256 } from 'viem';
import { expect, test } from 'vitest';
import { createChannelRates } from '../src/strict/channelRates.js';
import type { Place } from '../src/strict/placeOf.js';
import { kedgeFetch } from '../src/strict/kedgeFetch.js';
import { readAsked } from '../src/strict/readAsked.js';
import { resumeAccount } from '../src/strict/resumeAccount.js';

const parties = { holder: zeroAddress, operator: zeroAddress, channelKey: zeroAddress, salt: zeroHash };
const amounts = { tokenId: 1n, cap: 1n, rate: 0n, burst: 0n, deadline: 1n, grace: 86_400 };
const channel: Channel = { ...parties, ...amounts, mode: 'strict' };
const domain = { chainId: 1, verifyingContract: zeroAddress };
const strictChannel = {
  domain,
  channel,
  channelId: channelIdOf(domain, channel, (bytes) => keccak256(bytes, 'bytes')),
};
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
  const policy = { rates: {}, caps: { outputTokensPerCall: 1 } };
  const paid = kedgeFetch({ ...strictChannel, policy, account, fetch } as never);
  const asked = paid(`http://gateway/v1${path}`, { method });
  await expect(asked).rejects.toMatchObject({ code: 'surface_unmetered', status: 404 });
});

test.each([
  ['the domain of another chain', { domain: { ...domain, chainId: 2 } }, 'channel_differs'],
  ['other terms', { channel: { ...channel, cap: 2n } }, 'channel_differs'],
  ['another id', { channelId: zeroHash }, 'channel_differs'],
  ['terms as JSON has them', { channel: { ...channel, cap: '1' } }, 'integer_out_of_range'],
  ['another key', { account: { address: `0x${'11'.repeat(20)}` } }, 'channel_key_wrong'],
  ['a memory as JSON has it', { memory: { settledUnits: '1', lostUnits: '0', newest: null } }, 'argument_invalid'],
  ['a number of lost units', { lostUnits: 0 }, 'argument_invalid'],
])('a strict client is not made with %s', (_, change, code) => {
  const account = { address: zeroAddress, sign: () => Promise.reject(new Error('signed')) };
  const given = { ...strictChannel, policy: { rates: {} }, account, ...change };
  expect(() => kedgeFetch(given as never)).toThrow(expect.objectContaining({ name: 'BaseError', code }));
});
