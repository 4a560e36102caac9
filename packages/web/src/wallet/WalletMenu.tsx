import { Suspense, useState } from 'react';
import { ErrorBoundary } from '../app/ErrorBoundary.js';
import { lazyPart } from '../app/lazyPart.js';
import { OverPage } from '../ui/OverPage.js';
import { useWallet } from './useWallet.js';
import { WalletLabel } from './WalletLabel.js';

const load = () => import('./OpenWalletMenu.js');
const OpenWalletMenu = lazyPart(load, 'OpenWalletMenu');
/** So that it is there when it is opened; that it cannot be loaded is told then. */
const loadAhead = (): void => void load().catch(() => undefined);

/** Who one is on this page: connects a wallet or a development account, or leaves it. */
export function WalletMenu() {
  const wallet = useWallet();
  const [wasOpened, setOpened] = useState(false);
  const button = (
    <button
      className={wallet.address === undefined ? 'button primary' : 'button'}
      type="button"
      aria-haspopup="menu"
      onPointerEnter={loadAhead}
      onFocus={loadAhead}
      onClick={() => setOpened(true)}
    >
      <WalletLabel wallet={wallet} />
    </button>
  );
  if (!wasOpened) return button;
  return (
    <ErrorBoundary
      place={(told) => (
        <>
          {button}
          <OverPage onClose={() => setOpened(false)}>{told}</OverPage>
        </>
      )}
    >
      <Suspense fallback={button}>
        <OpenWalletMenu />
      </Suspense>
    </ErrorBoundary>
  );
}
