/**
 * Who does what on the local development chain, and which account of the well-known development mnemonic it is. The
 * keys are public: they hold nothing of worth on any other chain, and kedge refuses to use them there.
 */
export const roles = {
  /** Deploys the contracts. */
  deployer: 0,
  /** Issues the dataset class and holds its share. */
  contributor: 1,
  /** Issues the agent class, runs the gateway, signs receipts and captures. */
  operator: 2,
  /** Buys value and opens channels. */
  consumer: 3,
} as const;

/** A role of the local chain. */
export type Role = keyof typeof roles;

/** Chain id of the local development chain: the only one on which the development keys are used. */
export const developmentChainId = 31337;

/** The mnemonic that anvil and other development nodes fund by default. Development key, public. */
export const developmentMnemonic = 'test test test test test test test test test test test junk';

/** Shown beside every development account. */
export const developmentLabel = 'development key, public';

/** Whether a name is a role. */
export function isRole(name: string): name is Role {
  return Object.hasOwn(roles, name);
}
