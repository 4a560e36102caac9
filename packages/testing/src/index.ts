export { deployErc20, erc20Abi } from './deployErc20.js';
export {
  developmentAccount,
  developmentMnemonic,
  startAnvil,
  type Anvil,
  type StartAnvilOptions,
} from './startAnvil.js';
