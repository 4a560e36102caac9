import type { SurfacePath } from './pricedBy.js';
import { isJsonObject, listOf } from '../jsonValues.js';
import { unmeasurable } from './policyRefused.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * With these a router takes another model than the one that the policy allows, or a dearer provider of it, or searches and reads
 * by itself. `extra_body` may hide any of them from us.
 */
const routing = ['models', 'fallbacks', 'route', 'provider', 'preset', 'plugins', 'extra_body'];

/** With these an upstream shows the model more than the request says, or makes more than the answer shows. */
const beside = {
  '/chat/completions': ['audio', 'prediction', 'web_search_options', 'search_parameters', 'documents', 'chat_template'],
  '/completions': [],
  '/responses': [],
  '/messages': ['mcp_servers', 'container'],
  '/embeddings': [],
} as const satisfies Partial<Readonly<Record<SurfacePath, readonly string[]>>>;

/** Tiers of service that cost the upstream no more than the usual one. */
const usualTiers: readonly unknown[] = ['auto', 'default', 'flex', 'standard_only'];

/** All fields that `refuseUnseen` looks at, of any surface. */
export const unseenFields: readonly string[] = [
  ...routing,
  ...Object.values(beside).flat(),
  'service_tier',
  'modalities',
  'best_of',
];

/**
 * Refuses fields by which a request would cost the upstream more than can be counted of it. What is not known here passes on:
 * these are the fields of the APIs and routers that are in use.
 *
 * @throws BaseError 403 `policy_refused`, which names the field.
 *
 * @example
 * refuseUnseen('/chat/completions', { model: 'demo', models: ['a', 'b'] }); // throws
 */
export function refuseUnseen(path: keyof typeof beside, request: Json): void {
  for (const field of routing) {
    if (isSaid(request[field]))
      throw unmeasurable(`the field ${field}`, `Leave ${field} out: what answers is the one model that model names.`);
  }
  for (const field of beside[path]) {
    if (isSaid(request[field])) throw unmeasurable(`the field ${field}`, `Leave ${field} out.`);
  }
  const { service_tier: tier, modalities, best_of: made } = request;
  if (isSaid(tier) && !usualTiers.includes(tier)) {
    throw unmeasurable(
      'the field service_tier beyond the usual ones',
      `Leave it out, or use ${usualTiers.join(', ')}.`,
    );
  }
  if (isSaid(modalities) && (!Array.isArray(modalities) || modalities.some((modality) => modality !== 'text'))) {
    throw unmeasurable('the field modalities beyond text', 'Ask for text.');
  }
  if (isSaid(made) && !(typeof made === 'number' && made <= Number(request['n'] ?? 1))) {
    throw unmeasurable(
      'choices that are made and not shown (best_of)',
      'Leave best_of out, or ask for as many with n.',
    );
  }
}

/**
 * Refuses tools that the upstream runs by itself: only those that it asks its client to run say what they cost.
 *
 * @throws BaseError 403 `policy_refused`.
 *
 * @example
 * refuseUpstreamTools([{ type: 'web_search' }]); // throws
 */
export function refuseUpstreamTools(tools: unknown): void {
  for (const tool of listOf(tools)) {
    if (!isJsonObject(tool)) continue;
    const { type } = tool;
    if (type === 'function' || type === 'custom' || (!isSaid(type) && isJsonObject(tool['function']))) continue;
    throw unmeasurable(
      `tools of type ${typeof type === 'string' ? type : JSON.stringify(Object.keys(tool))}`,
      'Send function or custom tools: those that the upstream runs cannot be counted.',
    );
  }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}
