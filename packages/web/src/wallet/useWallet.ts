import type { Address } from '@kedge/core';
import {
  useConnect,
  useConnection,
  useConnections,
  useConnectors,
  useDisconnect,
  useSwitchChain,
  type Connector,
} from 'wagmi';
import { useConfig } from '../app/configContext.js';
import { developmentType } from './developmentConnector.js';

/** The connected wallet, and what can be done with wallets. */
export type WalletState = {
  readonly address: Address | undefined;
  /** Name of the wallet, or role of the development account. */
  readonly name: string | undefined;
  readonly isDevelopment: boolean;
  /** Connected, and to another chain than this page's. */
  readonly isElsewhere: boolean;
  readonly chainId: number | undefined;
  readonly connectors: readonly Connector[];
  readonly connect: (connector: Connector) => void;
  /** Leaves every wallet: of those that were connected one after the other, none takes its place. */
  readonly disconnect: () => void;
  readonly switchChain: () => void;
  /** Why the last attempt to connect, or to switch, failed. */
  readonly error: Error | null;
};

export function useWallet(): WalletState {
  const config = useConfig();
  const { address, chainId, connector } = useConnection();
  const connections = useConnections();
  const connecting = useConnect();
  const leaving = useDisconnect();
  const switching = useSwitchChain();
  const connectors = useConnectors();
  return {
    address,
    chainId,
    name: connector?.name,
    isDevelopment: connector?.type === developmentType,
    isElsewhere: address !== undefined && chainId !== config.chainId,
    connectors,
    connect: (next) => connecting.mutate({ connector: next }),
    disconnect: () => {
      for (const each of connections) leaving.mutate({ connector: each.connector });
    },
    switchChain: () => switching.mutate({ chainId: config.chainId }),
    error: switching.error ?? connecting.error,
  };
}
