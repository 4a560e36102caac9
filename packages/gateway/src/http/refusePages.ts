import { BaseError } from '@kedge/core';
import type { HeaderFields } from '../http1/parseHead.js';

/**
 * Where calls need no key, a page of another site must not make them in a browser that reaches the gateway: they are served at
 * the operator's cost. Browsers leave `sec-fetch-site` out for plain HTTP beyond this machine, and so for a name that was made
 * to resolve to it (DNS rebinding), whose `origin` is then its own: so what has an origin has to say that it is of this site.
 * @throws BaseError 403 `page_refused`.
 */
export function refusePages(headers: HeaderFields): void {
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site') ?? (origin === undefined ? 'none' : 'unknown');
  if (site === 'none' || site === 'same-origin') return;
  throw new BaseError('Calls without a key are not taken from pages of other sites.', {
    code: 'page_refused',
    status: 403,
    values: {
      ...(origin === undefined ? {} : { origin: origin.slice(0, 100) }),
      secFetchSite: site.slice(0, 20),
    },
    hints: [
      'Nothing was sent to the upstream. In shadow mode make calls from a program, or through the server of the page.',
    ],
  });
}
