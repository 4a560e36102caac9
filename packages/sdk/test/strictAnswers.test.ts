import { expect, test } from 'vitest';
import { createChannelRates } from '../src/strict/channelRates.js';
import type { Place } from '../src/strict/placeOf.js';
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
