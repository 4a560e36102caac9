import { BaseError, isSameAddress, splitTokenId, type Channel, type Hex } from '@kedge/core';
import { resolveAccount, type SigningAccount } from '../accounts/resolveAccount.js';
import { connect, type Connection } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { readChannel } from '../chain/readChannels.js';
import { channelsFileOf, removeChannelRecord } from '../channelsFile.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount, humanMoment, shortHex } from '../human.js';
import { argument } from '../parse.js';
import { makeGatewayReread } from '../makeGatewayReread.js';
import { requestCapture } from '../requestCapture.js';
import { usageError } from '../usageError.js';

export const channelClose: Command = {
  name: 'channel close',
  summary: 'end a channel; what was not used returns to the token',
  description:
    'Ends a channel. Its operator may do so at any time, anyone else once deadline and grace have passed. What was ' +
    'captured stays captured, the rest returns to the token, whoever owns it now. What the operator served and did not ' +
    'capture is lost to it, so the gateway of the local stack is asked to capture first.',
  arguments: [{ name: 'channelId', summary: 'the channel' }],
  options: [{ flags: '--no-capture', summary: 'do not ask the gateway to capture first' }, ...accountOptions],
  examples: [
    {
      command: 'kedge channel close 0x433d1369398457eb703ec53640472a9fb1c75f8372d88fba0840ebc1d70ba450',
      summary: 'with an id that kedge status --json shows',
    },
  ],
  run: async (context) => {
    const channelId = argument(context, 0).toLowerCase();
    if (!/^0x[0-9a-f]{64}$/.test(channelId))
      throw usageError('A channel id is 0x and 64 hex digits.', 'kedge status --json shows them.');
    const connection = await connect(context);
    const channel = await readChannel(connection, channelId as Hex);
    const { classId } = splitTokenId(channel.tokenId);
    const { unitDecimals } = await connection.client.getClass({ classId });
    const signer = await resolveAccount(context, connection.chainId, channel.operator);
    await requireClosable(connection, channelId as Hex, channel, signer);
    const gatewayUrl = connection.up?.gatewayUrl;
    if (context.options['capture'] !== false && gatewayUrl !== undefined) {
      await requestCapture(context, connection, gatewayUrl);
    }
    // Before the transaction: what is served from a closed channel can never be captured.
    await removeChannelRecord(channelsFileOf(connection.dataDir), channelId as Hex);
    if (gatewayUrl !== undefined) await makeGatewayReread(gatewayUrl);
    const { write } = createWriter(context, connection, signer);
    const closed = await write('close the channel', (client) => client.closeChannel({ channel }));
    const { capturedUnits, returnedUnits, transactionHash } = closed;
    context.output.result(
      { channelId, tokenId: channel.tokenId, capturedUnits, returnedUnits, transactionHash },
      () => [
        `channel ${shortHex(channelId)} is closed by ${signer.label}`,
        `  captured  ${humanAmount(capturedUnits, unitDecimals)} units`,
        `  returned  ${humanAmount(returnedUnits, unitDecimals)} units to token ${channel.tokenId}`,
      ],
    );
  },
};

/** What the contract would refuse, found out before the API key stops working. */
async function requireClosable(
  { client }: Connection,
  channelId: Hex,
  channel: Channel,
  { account }: SigningAccount,
): Promise<void> {
  const { open } = await client.getChannelState({ channel });
  if (!open) {
    throw new BaseError(`Channel ${channelId} is not open: it was closed.`, {
      code: 'ValueChannelsNotOpen',
      hints: ['kedge status lists the channels.'],
    });
  }
  const { timestamp } = await client.publicClient.getBlock();
  const end = channel.deadline + BigInt(channel.grace);
  if (isSameAddress(account.address, channel.operator) || timestamp > end) return;
  throw new BaseError(`Only the operator, ${channel.operator}, can close this channel before ${humanMoment(end)}.`, {
    code: 'ValueChannelsTooEarly',
    hints: ["Pass --account with the operator's key, or wait."],
  });
}
