import { createKedgeClient, type KedgeClient, type Wallet } from '@kedge/sdk';
import { createTransport, createWalletClient, http } from 'viem';
import type { SigningAccount } from '../accounts/resolveAccount.js';
import type { Context } from '../context.js';
import type { ChainConnection, Connection } from './connect.js';

/** Writes to the chain as one account. */
export type Writer = {
  readonly client: KedgeClient;
  /** Runs a writing action; after a second it says which transaction is waited for. Sends nothing that may take more than `mostGas`. */
  readonly write: <value>(
    doing: string,
    action: (client: KedgeClient) => Promise<value>,
    mostGas?: bigint,
  ) => Promise<value>;
  /** Whether a transaction was handed to the chain: when not, what failed changed nothing there. */
  readonly mayHaveSent: () => boolean;
  /** Sends nothing any more. Answers false where something was sent already. */
  readonly holdBack: () => boolean;
};

/** A writer for an account. */
export function createWriter(context: Pick<Context, 'output'>, connection: Connection, signer: SigningAccount): Writer {
  const { publicClient, deployment } = connection.client;
  const { wallet, waitingFor, mayHaveSent, holdBack } = createWallet(connection, signer);
  const clientWithin = (mostGas?: bigint) =>
    createKedgeClient({ publicClient, walletClient: wallet, deployment, mostGas });
  const client = clientWithin();
  return {
    client,
    write: (doing, action, mostGas) =>
      context.output.waitFor(() => waitingFor(doing), action(mostGas === undefined ? client : clientWithin(mostGas))),
    mayHaveSent,
    holdBack,
  };
}

/** A wallet that remembers what it sent last, to tell what is waited for. */
export function createWallet(
  { rpcUrl, publicClient }: ChainConnection,
  { account }: SigningAccount,
): Pick<Writer, 'mayHaveSent' | 'holdBack'> & { wallet: Wallet; waitingFor: (doing: string) => string } {
  const { chain } = publicClient;
  const inner = http(rpcUrl, { retryCount: 1, timeout: 20_000 })(chain === undefined ? {} : { chain });
  let sent: string | undefined;
  let isSending = false;
  let isHeldBack = false;
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<never> => {
    const isSend = method === 'eth_sendRawTransaction';
    if (isSend) {
      if (isHeldBack) return new Promise<never>(() => undefined);
      isSending = true;
    }
    // As viem does: handed over again after an answer was lost, it is refused for the nonce that it has used itself.
    const result = (await inner.request({ method, params }, isSend ? { retryCount: 0 } : {})) as never;
    if (isSend) sent = String(result);
    return result;
  };
  const transport = () => createTransport({ key: 'http', name: 'HTTP', type: 'http', request, retryCount: 0 });
  return {
    wallet: createWalletClient({ account, transport, ...(chain === undefined ? {} : { chain }) }),
    waitingFor: (doing) => (sent === undefined ? `the chain, to ${doing}` : `transaction ${sent}, to ${doing}`),
    mayHaveSent: () => isSending,
    holdBack: () => {
      isHeldBack = !isSending;
      return isHeldBack;
    },
  };
}
