import type { Policy } from './policy.js';

/**
 * The tokenizer that gateways and verifiers of this version count with, as a policy pins it. `vocabularySha256` is of the
 * published file o200k_base.tiktoken. Who counts works it out from the vocabulary that it has loaded, and refuses another.
 */
export const tokenizer: Policy['tokenizer'] = {
  encoding: 'o200k_base',
  package: 'gpt-tokenizer@3.4.0',
  vocabularySha256: '0x446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d',
};
