import { lazy, Suspense, useState } from 'react';
import { useWallet } from './useWallet.js';
import { WalletLabel } from './WalletLabel.js';

const load = () => import('./OpenWalletMenu.js').then((module) => ({ default: module.OpenWalletMenu }));
const OpenWalletMenu = lazy(load);

/** Who one is on this page: connects a wallet or a development account, or leaves it. */
export function WalletMenu() {
  const wallet = useWallet();
  const [wasOpened, setOpened] = useState(false);
  const button = (
    <button
      className={wallet.address === undefined ? 'button primary' : 'button'}
      type="button"
      aria-haspopup="menu"
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setOpened(true)}
    >
      <WalletLabel wallet={wallet} />
    </button>
  );
  if (!wasOpened) return button;
  return (
    <Suspense fallback={button}>
      <OpenWalletMenu />
    </Suspense>
  );
}
