export {
  developmentAccount,
  developmentMnemonic,
  startAnvil,
  type Anvil,
  type StartAnvilOptions,
} from './startAnvil.js';
