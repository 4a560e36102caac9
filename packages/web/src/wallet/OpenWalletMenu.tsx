import { Menu } from '@base-ui/react/menu';
import type { Connector } from 'wagmi';
import { copyText } from '../ui/copyText.js';
import { shorten } from '../ui/format.js';
import { Icon } from '../ui/icons.js';
import { developmentType } from './developmentConnector.js';
import { useWallet } from './useWallet.js';
import { WalletLabel } from './WalletLabel.js';
import { wordsOf } from '../ui/ErrorState.js';

/** The menu of {@link WalletMenu}, open: its library is most of what the first load would otherwise be. */
export function OpenWalletMenu() {
  const wallet = useWallet();
  const { address, name, isDevelopment, connectors, connect, disconnect, error } = wallet;
  const hasProvider = 'ethereum' in window;
  const named = new Set(connectors.filter(isAnnounced).map((connector) => connector.name));
  const browser = connectors.filter(
    (connector) => connector.type !== developmentType && (isAnnounced(connector) || (hasProvider && named.size === 0)),
  );
  const development = connectors.filter((connector) => connector.type === developmentType);
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger className={wallet.address === undefined ? 'button primary' : 'button'}>
        <WalletLabel wallet={wallet} />
      </Menu.Trigger>
      <Menu.Portal container={document.querySelector<HTMLElement>('header')}>
        <Menu.Positioner className="menu-layer" sideOffset={6} align="end">
          <Menu.Popup className="menu">
            {error !== null && <p className="callout bad">{wordsOf(error).message}</p>}
            {address !== undefined && (
              <Menu.Group>
                <Menu.GroupLabel className="menu-heading">Connected as {name}</Menu.GroupLabel>
                <Menu.Item className="menu-item" onClick={() => void copyText(address)}>
                  <span className="mono">{shorten(address, 10, 8)}</span>
                  <span className="muted">Copy</span>
                </Menu.Item>
                <Menu.Item className="menu-item" onClick={disconnect}>
                  Disconnect
                </Menu.Item>
              </Menu.Group>
            )}
            <Menu.Group>
              <Menu.GroupLabel className="menu-heading">Wallets in this browser</Menu.GroupLabel>
              {browser.map((connector) => (
                <Menu.Item key={connector.uid} className="menu-item" onClick={() => connect(connector)}>
                  {connector.name === 'Injected' ? 'Browser wallet' : connector.name}
                </Menu.Item>
              ))}
              {browser.length === 0 && (
                <Menu.Item className="menu-item" disabled>
                  <span className="muted">None found</span>
                </Menu.Item>
              )}
            </Menu.Group>
            {development.length > 0 && (
              <Menu.Group>
                <Menu.GroupLabel className="menu-heading">
                  Development accounts: public keys, worth nothing elsewhere
                </Menu.GroupLabel>
                {development.map((connector) => (
                  <Menu.Item key={connector.uid} className="menu-item" onClick={() => connect(connector)}>
                    <strong>{connector.name}</strong>
                    {connector.name === name && isDevelopment && <Icon name="check" size={16} />}
                  </Menu.Item>
                ))}
              </Menu.Group>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** Found by EIP-6963: it has an id of its own. */
function isAnnounced({ id, type }: Connector): boolean {
  return type === 'injected' && id !== 'injected';
}
