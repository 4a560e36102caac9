import * as z from 'zod';
import type { Address } from './hex.js';
import { addressSchema, parseWith } from './schemas.js';

/** Every deployment has these. */
export const neededContracts = [
  'DataAnchoringToken',
  'DataAnchoringTokenExtension',
  'ValueChannels',
  'ValueMarket',
] as const;

/** Absent where the contracts were deployed before there was one. */
export const laterContracts = [
  'DataAnchoringTokenSecondExtension',
  'DataAnchoringTokenThirdExtension',
  'ContributorRoots',
  'OperatorBond',
  'ValuePlans',
  'PermitBuyer',
  'ChannelDeposits',
  'ERC3525Adapter',
  'AttestationRegistry',
] as const;

type NeededContract = (typeof neededContracts)[number];
type LaterContract = (typeof laterContracts)[number];

/** The name of a contract of Kedge, as `kedge deploy --json` prints it. */
export type ContractName = NeededContract | LaterContract;

/** Addresses by contract. */
export type DeployedContracts = { [name in NeededContract]: Address } & { [name in LaterContract]?: Address };

/** Where the contracts are. */
export type Deployment = {
  chainId: number;
  contracts: DeployedContracts;
  /** The block of the first of them: no event of theirs is older. Absent where nobody knows it. */
  firstBlock?: number;
};

/** Addresses by contract, as they are kept in files. */
export const contractsSchema: z.ZodType<DeployedContracts> = z.object({
  ...shapeOf(neededContracts, addressSchema),
  ...shapeOf(laterContracts, addressSchema.exactOptional()),
});

export const deploymentSchema: z.ZodType<Deployment> = z.looseObject({
  chainId: z.int().positive(),
  contracts: contractsSchema,
  firstBlock: z.int().nonnegative().exactOptional(),
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
  const { chainId, contracts, firstBlock } = parseWith(deploymentSchema, value, {
    what: 'The deployment',
    code: 'deployment_invalid',
    hints: ['Make one with: kedge deploy --rpc URL --json'],
  });
  return { chainId, contracts, ...(firstBlock === undefined ? {} : { firstBlock }) };
}

function shapeOf<name extends string, schema>(names: readonly name[], schema: schema): Record<name, schema> {
  return Object.fromEntries(names.map((name) => [name, schema])) as Record<name, schema>;
}
