import { isJsonObject, listOf } from '../jsonValues.js';
import { unmeasurable } from './policyRefused.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * With these a router takes another model than the one that the policy allows, or a dearer provider of it, or searches and reads
 * by itself; with the last two a server puts an adapter on the model (llama.cpp, SGLang). `extra_body` may hide any of them from us.
 */
const routing = ['models', 'fallbacks', 'route', 'provider', 'preset', 'plugins', 'extra_body', 'lora', 'lora_path'];

/** A prompt in numbers, which servers take beside or in place of the one that is counted: SGLang, FastDeploy, vLLM. */
const numberedPrompts = ['input_ids', 'prompt_token_ids', 'prompt_embeds'];

/** These are fine with some values only. */
const bounded = ['service_tier', 'modalities', 'best_of'];

/** Limits of the output and of the number of choices, of which servers read some before the usual one: llama.cpp the last two. */
const limits = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n_predict', 'n_cmpl'];

/** With these an upstream shows the model more than the request says, or makes more than the answer shows. */
const besideChat = ['audio', 'prediction', 'web_search_options', 'search_parameters', 'documents', 'chat_template'];

const suspects = {
  '/chat/completions': suspectsBeside(['max_tokens', 'max_completion_tokens'], besideChat),
  '/completions': suspectsBeside(['max_tokens']),
  '/responses': suspectsBeside(['max_output_tokens']),
  '/messages': suspectsBeside(['max_tokens'], ['mcp_servers', 'container']),
  '/embeddings': suspectsBeside([]),
} as const;

/** All fields that are refused on some surface. */
export const unseenFields: ReadonlySet<string> = new Set(Object.values(suspects).flatMap((fields) => [...fields]));

/** Tiers of service that cost the upstream no more than the usual one. */
const usualTiers: readonly unknown[] = ['auto', 'default', 'flex', 'standard_only'];

const waysOut: Readonly<Record<string, string>> = {
  service_tier: `Leave it out, or use ${usualTiers.join(', ')}.`,
  modalities: 'Ask for text.',
  best_of: 'Leave best_of out, or ask for as many with n.',
};

/**
 * Refuses fields by which a request would cost the upstream more than can be counted of it. What is not known here passes on:
 * these are the fields of the APIs, servers and routers that are in use.
 *
 * @throws BaseError 403 `policy_refused`, which names the field.
 *
 * @example
 * refuseUnseen('/chat/completions', { model: 'demo', models: ['a', 'b'] }); // throws
 */
export function refuseUnseen(path: keyof typeof suspects, request: Json): void {
  for (const field of Object.keys(request)) {
    if (!suspects[path].has(field) || !isSaid(request[field]) || isUsual(field, request)) continue;
    throw unmeasurable(
      `the field ${field}${bounded.includes(field) ? ' with this value' : ''}`,
      waysOut[field] ?? `Leave ${field} out.`,
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

function suspectsBeside(ownLimits: readonly string[], more: readonly string[] = []): ReadonlySet<string> {
  const otherLimits = limits.filter((limit) => !ownLimits.includes(limit));
  return new Set([...routing, ...numberedPrompts, ...bounded, ...otherLimits, ...more]);
}

function isUsual(field: string, request: Json): boolean {
  const value = request[field];
  if (field === 'service_tier') return usualTiers.includes(value);
  if (field === 'modalities') return Array.isArray(value) && value.every((modality) => modality === 'text');
  return field === 'best_of' && typeof value === 'number' && value <= Number(request['n'] ?? 1);
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}
