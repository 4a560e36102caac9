export { compileContract } from './compileContract.js';
export { createRandom, freshSeed, testSeed, type Random } from './createRandom.js';
export { createChain, type Chain } from './model/differential/chain.js';
export { runWorld } from './model/differential/startContest.js';
export { authorizedErc20Abi, deployAuthorizedErc20 } from './deployAuthorizedErc20.js';
export { developmentChain } from './developmentChain.js';
export { deployErc20, erc20Abi } from './deployErc20.js';
export {
  developmentAccount,
  developmentMnemonic,
  startAnvil,
  type Anvil,
  type StartAnvilOptions,
} from './startAnvil.js';
export { deployPermit2 } from './deployPermit2.js';
export { startLaggingNode, type LaggingNode } from './startLaggingNode.js';
export { startPostgres, type TestPostgres } from './startPostgres.js';
