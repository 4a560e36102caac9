import { z } from 'zod';
import type { Address } from './hex.js';
import { addressSchema, parseWith } from './schemas.js';

/** Where the contracts are. */
export type Deployment = {
  chainId: number;
  contracts: {
    DataAnchoringToken: Address;
    DataAnchoringTokenExtension: Address;
    /** Absent where the contracts were deployed before there was one. */
    DataAnchoringTokenSecondExtension?: Address;
    /** As the second. */
    DataAnchoringTokenThirdExtension?: Address;
    ValueChannels: Address;
    ValueMarket: Address;
  };
};

export const deploymentSchema: z.ZodType<Deployment> = z.looseObject({
  chainId: z.int().positive(),
  contracts: z.object({
    DataAnchoringToken: addressSchema,
    DataAnchoringTokenExtension: addressSchema,
    DataAnchoringTokenSecondExtension: addressSchema.exactOptional(),
    DataAnchoringTokenThirdExtension: addressSchema.exactOptional(),
    ValueChannels: addressSchema,
    ValueMarket: addressSchema,
  }),
});

/**
 * Reads a deployment: what `kedge deploy --json` prints, or `.kedge/up.json`.
 *
 * @throws BaseError `deployment_invalid`.
 *
 * @example
 * const deployment = parseDeployment(JSON.parse(text));
 */
export function parseDeployment(value: unknown): Deployment {
  const { chainId, contracts } = parseWith(deploymentSchema, value, {
    what: 'The deployment',
    code: 'deployment_invalid',
    hints: ['Make one with: kedge deploy --rpc URL --json'],
  });
  return { chainId, contracts };
}
