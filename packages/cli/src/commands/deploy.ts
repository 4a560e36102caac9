import { deployContracts } from '@kedge/sdk';
import { resolveAccount } from '../accounts/resolveAccount.js';
import { connectChain } from '../chain/connect.js';
import { createWallet } from '../chain/createWriter.js';
import type { Command } from '../command.js';
import { table } from '../output.js';
import { textOption } from '../parse.js';
import { findTarget } from '../target.js';
import { usageError } from '../usageError.js';

export const deploy: Command = {
  name: 'deploy',
  summary: 'deploy the contracts to a chain and print their addresses',
  description:
    'Deploys all contracts. They have no owner and cannot be changed afterwards, so whoever deploys has no rights over ' +
    'them. Keep the JSON that it prints: other commands take it with --contracts.',
  arguments: [],
  options: [
    { flags: '--rpc <url>', summary: 'JSON-RPC of the chain' },
    {
      flags: '--account <name>',
      summary: 'who pays for the gas; without it the deployer of the local chain, or KEDGE_PRIVATE_KEY',
    },
  ],
  examples: [
    {
      command: 'kedge deploy --rpc http://127.0.0.1:8545 --json > contracts.json',
      summary: 'to a chain of your own; then pass --rpc and --contracts contracts.json',
    },
  ],
  run: async (context) => {
    // The local stack has its contracts: to deploy once more somewhere must be said.
    if (textOption(context, 'rpc') === undefined) throw usageError('No chain is named.', 'Pass --rpc URL.');
    const connection = await connectChain(context, await findTarget(context));
    const signer = await resolveAccount(context, connection.chainId, 'deployer');
    const { wallet, waitingFor } = createWallet(connection, signer);
    let doing = 'deploy the contracts';
    const { chainId, contracts, firstBlock } = await context.output.waitFor(
      () => waitingFor(doing),
      deployContracts(
        { publicClient: connection.publicClient, walletClient: wallet },
        { onStep: (contract) => (doing = `deploy ${contract}`) },
      ),
    );
    context.output.result({ chainId, contracts, firstBlock, deployer: signer.account.address }, () => [
      `chain ${chainId}, deployed by ${signer.label}`,
      ...table(Object.entries(contracts), '  '),
    ]);
  },
};
