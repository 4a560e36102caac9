import { tokenizer, zeroAddress, type Address, type Policy } from '@kedge/core';

/** What the built-in upstream calls its model. */
export const demoModel = 'kedge-docs';

/** The demo's two classes. */
export const docsClassName = 'Kedge documentation';
export const agentClassName = 'Kedge docs agent';

export const unitDecimals = 3;
/** 1,000 units, in base units. */
export const boughtUnits = 1_000_000n;
export const lotSupply = 1_000_000_000n;
/** Wei for one base unit: a unit costs 0.001 ETH. */
export const priceNumerator = 1_000_000_000_000n;
export const operatorBps = 2_000;
export const docsRoyaltyBps = 3_000;
/** The whole of each class: what its one share weighs is its cap, too (R23). */
export const shareRatio = 10_000n;

/** What the operator may capture of the demo's channel: half at once, all of it within about four minutes. */
export const channelRate = 2_000n;
export const channelBurst = 500_000n;
export const channelDays = 30n;
export const channelGrace = 86_400;

/**
 * The policy of the demo's agent class: thousandths of a unit for a token, and caps that the built-in upstream stays below. Before
 * another one, clients that name a limit by themselves ask for 4,096 tokens.
 *
 * @param models what may be asked for
 */
export function demoPolicy(operator: Address, models: readonly string[]): Policy {
  return {
    format: 'kedge-policy/1',
    unit: { name: 'unit', decimals: unitDecimals },
    rates: { input_tokens: '1', output_tokens: '3' },
    caps: { unitsPerCall: '50000', inputTokensPerCall: 16_000, outputTokensPerCall: 4_096 },
    tokenizer,
    operators: [operator],
    models: [...models],
    licence: 'MIT',
    price: { asset: zeroAddress, numerator: String(priceNumerator), denominator: '1' },
  };
}
