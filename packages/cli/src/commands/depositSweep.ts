import type { ChannelRecord, Policy } from '@kedge/core';
import type { TokenView } from '@kedge/sdk';
import { connect, type Connection } from '../chain/connect.js';
import { afterDone } from '../chain/afterDone.js';
import { depositOptions, depositTermsOf } from '../chain/depositTermsOf.js';
import { readPolicyOfToken } from '../chain/readPolicy.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { addContinuation, channelsFileOf } from '../gateway/channelsFile.js';
import { accountOptions, policyOption, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanAmount, humanUnits, shortHex } from '../human.js';
import { makeGatewayReread } from '../gateway/makeGatewayReread.js';

export const depositSweep: Command = {
  name: 'deposit sweep',
  summary: 'turn what was paid to a deposit address into units of the channel',
  description:
    'Buys as many units as the deposit of a channel pays for and locks them for the same operator and API key. Anyone may ' +
    'sweep, and pays the gas only. The cap of a channel is part of its id, so the units are in the next channel: the ' +
    'gateway here is told, and serves it to the same keys when the first one has no value left. What is less than the ' +
    'price of one unit stays deposited.',
  arguments: [{ name: 'channelId', summary: 'the channel' }],
  options: [...depositOptions, policyOption, ...accountOptions],
  examples: [
    {
      command: 'kedge deposit sweep 0x433d1369398457eb703ec53640472a9fb1c75f8372d88fba0840ebc1d70ba450',
      summary: 'after something was paid to the address that kedge deposit shows',
    },
  ],
  run: async (context) => {
    const connection = await connect(context);
    const named = await depositTermsOf(context, connection);
    const { channelId: rootId, terms, asset, unitDecimals, record } = named;
    const { write } = await resolveWriter(context, connection, terms.holder);
    // Before money moves: without its policy the next channel could not be told to the gateway.
    if (record !== undefined) {
      const { policy } = await connection.client.getClass({ classId: terms.classId });
      await policyFor(context, connection, record, policy);
    }
    const swept = await write('sweep the deposit', (client) => client.sweepDeposit({ terms }));
    const { channelId, channel, spent, transactionHash } = swept;
    if (record === undefined) {
      context.output.note(
        `the gateway here does not serve this channel, and its keys do not pay from the new one: whoever runs the gateway makes a key for it with: kedge key create --channel ${channelId}`,
      );
    } else {
      const tell = async (): Promise<void> => {
        const token = await connection.client.getToken({ tokenId: channel.tokenId });
        await addContinuation(channelsFileOf(connection.dataDir), {
          name: record.name,
          apiKeySha256: record.apiKeySha256,
          channel,
          channelId,
          classId: token.classId,
          policy: await policyFor(context, connection, record, token.policy),
          policyHash: token.policy.hash,
          lotAsset: terms.asset,
          edges: record.edges.map((edge) => ({ ...edge, asset: terms.asset })),
          continues: { rootId, holder: terms.holder },
        });
      };
      await afterDone(
        tell(),
        { channelId, transactionHash },
        'The units are locked in this channel, and the gateway here was not told: sweeping again does not tell it.',
      );
      const gatewayUrl = connection.up?.gatewayUrl;
      if (gatewayUrl !== undefined) await makeGatewayReread(gatewayUrl);
    }
    context.output.result(
      { channelId, continues: rootId, channel, units: channel.cap, spent, asset: asset.address, transactionHash },
      () => [
        `channel ${channelId}`,
        `  locked     ${humanUnits(channel.cap, unitDecimals)} of token ${channel.tokenId}`,
        `  paid       ${humanAmount(spent, asset.decimals)} ${asset.name} of the deposit`,
        `  continues  ${shortHex(rootId)}, for the same API keys`,
      ],
    );
  },
};

/** The policy of what is bought now: that of the channel, or the next one of its class. */
async function policyFor(
  context: Context,
  connection: Connection,
  record: ChannelRecord,
  policy: TokenView['policy'],
): Promise<Policy> {
  if (policy.hash === record.policyHash) return record.policy;
  return readPolicyOfToken(context, connection, { classId: record.classId, policy });
}
