import { useConfig } from '../app/configContext.js';
import { wordsOf } from '../ui/ErrorState.js';
import { useWallet } from './useWallet.js';

/** Says that the wallet is on another chain, and offers the way back. */
export function WrongNetworkBanner() {
  const { chainId, chainName } = useConfig();
  const wallet = useWallet();
  if (!wallet.isElsewhere) return null;
  return (
    <div className="banner" role="alert">
      <span>
        Your wallet is on chain {wallet.chainId}; this page is about {chainName ?? 'another chain'} ({chainId}). Nothing
        can be signed until they are the same.
      </span>
      <button className="button small" type="button" onClick={wallet.switchChain}>
        Switch network
      </button>
      {wallet.error !== null && <span>{wordsOf(wallet.error).message.split('\n')[0]}</span>}
    </div>
  );
}
