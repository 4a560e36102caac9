import { recipientOf } from '../accounts/recipient.js';
import { developmentChainId, developmentLabel } from '../accounts/roles.js';
import { connect, originOf } from '../chain/connect.js';
import { readOverview } from '../chain/readOverview.js';
import { chainOptions, type Command } from '../command.js';
import { textOption } from '../parse.js';
import { statusText } from '../statusText.js';

export const status: Command = {
  name: 'status',
  summary: 'show value, used units, revenue, claimable amounts and channels',
  description:
    'Reads everything from the chain: classes with their revenue, lots on sale, tokens with value, locked and used units ' +
    'and what they can claim, revocations that are announced, channels, and what accounts are owed. Numbers are in units of the class and of the asset, ' +
    'and end in … where digits are left out; with --json they are exact integers in base units.',
  arguments: [],
  options: [
    {
      flags: '--for <account>',
      summary:
        'only what is this account’s, an address, or a role on the local chain: faster on a chain with many classes',
    },
    ...chainOptions,
  ],
  examples: [
    { command: 'kedge status', summary: 'before and after a call' },
    { command: 'kedge status --for 0x90F79bf6EB2c4f870365E785982E1f101E93b906', summary: 'what one account has' },
  ],
  run: async (context) => {
    const connection = await connect(context);
    const text = textOption(context, 'for');
    const account = text === undefined ? undefined : recipientOf(text, connection.chainId, '--for');
    const overview = await context.output.waitFor('the chain to be read', readOverview(connection, account));
    const { chainId, rpcUrl, contracts, up } = connection;
    context.output.result(
      { chainId, rpcUrl: originOf(rpcUrl), gatewayUrl: up?.gatewayUrl, contracts, account, ...overview },
      () => [
        `chain ${chainId} at ${originOf(rpcUrl)}`,
        ...(up === undefined ? [] : [`gateway ${up.gatewayUrl}`]),
        ...(text === undefined ? [] : [`of ${text}`]),
        ...statusText(chainId, overview),
        ...(chainId === developmentChainId
          ? ['', `An account named by its role is a ${developmentLabel}: never use it on another chain.`]
          : []),
      ],
    );
  },
};
