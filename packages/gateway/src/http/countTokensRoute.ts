import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import { countMessages } from '../surfaces/messages.js';
import { apiKeySha256In, authenticate } from './authenticate.js';
import { bodyOf } from './readBody.js';
import type { RouteContext } from './routeContext.js';
import { sendJson } from './sendProblem.js';

/**
 * `POST /v1/messages/count_tokens` of the Anthropic API: the input tokens that `POST /v1/messages` would be metered for. Nothing
 * is reserved, sent to the upstream or charged, and there is no receipt: so a strict channel needs no voucher for it.
 * @throws BaseError for everything that is refused.
 */
export async function countTokensRoute(
  request: HttpRequest,
  response: HttpResponse,
  { book, maxRequestBytes, services, countLimit }: RouteContext,
): Promise<void> {
  const { headers } = request;
  const { policy, classId } = await authenticate(headers, book);
  const body = await bodyOf(request, maxRequestBytes);
  const count = () => countMessages(policy, body);
  const { model, inputTokens } =
    countLimit === undefined ? count() : countLimit(apiKeySha256In(headers) ?? '', count).counted;
  services.currentPolicies?.check(classId, model);
  sendJson(response, 200, { input_tokens: inputTokens });
}
