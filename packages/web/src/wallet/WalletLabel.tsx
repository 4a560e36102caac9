import { shorten } from '../ui/format.js';
import { Icon } from '../ui/icons.js';
import type { WalletState } from './useWallet.js';

/** What the wallet's button says: who is connected, or that nobody is. */
export function WalletLabel({ wallet }: { wallet: WalletState }) {
  const { address, isDevelopment, name } = wallet;
  return (
    <>
      <Icon name="wallet" />
      {address === undefined ? 'Connect' : isDevelopment ? name : shorten(address)}
      <Icon name="down" size={14} />
    </>
  );
}
