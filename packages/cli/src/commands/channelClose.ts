import { BaseError, isSameAddress, splitTokenId, type Channel, type Hex } from '@kedge/core';
import type { SigningAccount } from '../accounts/resolveAccount.js';
import { connect, type Connection } from '../chain/connect.js';
import { readChannel } from '../chain/readChannels.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { channelsFileOf, takeOutChannel } from '../gateway/channelsFile.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanMoment, humanUnits, shortHex } from '../human.js';
import { isGatewayHere } from '../gateway/isGatewayHere.js';
import { argument, parseChannelId, urlOption } from '../parse.js';
import { makeGatewayReread } from '../gateway/makeGatewayReread.js';
import { requestCapture } from '../gateway/requestCapture.js';
import { undoOnSignal } from '../undoOnSignal.js';
import { gatewayUrlHere } from '../gateway/gatewayFiles.js';

export const channelClose: Command = {
  name: 'channel close',
  summary: 'end a channel; what was not used returns to the token',
  description:
    'Ends a channel. Its operator may do so at any time, anyone else once deadline and grace have passed. What was ' +
    'captured stays captured, the rest returns to the token, whoever owns it now. What the operator served and did not ' +
    'capture is lost to it, so the gateway is asked to capture first: the one of the data folder, or --gateway. Where the ' +
    'one of the data folder cannot be asked, nothing is closed without --no-capture.',
  arguments: [{ name: 'channelId', summary: 'the channel' }],
  options: [
    {
      flags: '--gateway <url>',
      summary: 'the gateway to ask; without it the one of the data folder, where it has a port',
    },
    { flags: '--no-capture', summary: 'do not ask the gateway to capture first' },
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge channel close 0x433d1369398457eb703ec53640472a9fb1c75f8372d88fba0840ebc1d70ba450',
      summary: 'with an id that kedge status --json shows',
    },
  ],
  run: async (context) => {
    const channelId = parseChannelId(argument(context, 0));
    const connection = await connect(context);
    const channel = await readChannel(connection, channelId);
    const { classId } = splitTokenId(channel.tokenId);
    const { unitDecimals } = await connection.client.getClass({ classId });
    const { signer, write, mayHaveSent, holdBack } = await resolveWriter(context, connection, channel.operator);
    await requireClosable(connection, channelId, channel, signer);
    const gatewayUrl = gatewayOf(context, connection, channel);
    const mustCapture = context.options['capture'] !== false;
    if (mustCapture && gatewayUrl === undefined) requireNoGatewayHere(connection, channel);
    const tellGateway = async () => gatewayUrl !== undefined && makeGatewayReread(gatewayUrl);
    const file = channelsFileOf(connection.dataDir);
    // First: what is served after the last capture is lost with the channel. The gateway still captures from one that is out.
    const putBack = await takeOutChannel(file, channelId);
    await tellGateway();
    const undo = async (): Promise<void> => {
      await putBack();
      await tellGateway();
    };
    const close = async () => {
      if (mustCapture && gatewayUrl !== undefined) await captureFirst(context, connection, gatewayUrl);
      return write('close the channel', (client) => client.closeChannel({ channel }));
    };
    // What was sent may close it yet, so its keys stay out: nothing served then could be captured.
    const closed = await undoOnSignal(close(), async () => (holdBack() ? undo() : undefined)).catch(
      async (error: unknown) => {
        if (mayHaveSent()) throw mayBeClosed(error, file);
        await undo();
        throw error;
      },
    );
    const { capturedUnits, returnedUnits, transactionHash } = closed;
    context.output.result(
      { channelId, tokenId: channel.tokenId, capturedUnits, returnedUnits, transactionHash },
      () => [
        `channel ${shortHex(channelId)} is closed by ${signer.label}`,
        `  captured  ${humanUnits(capturedUnits, unitDecimals)}`,
        `  returned  ${humanUnits(returnedUnits, unitDecimals)} to token ${channel.tokenId}`,
      ],
    );
  },
};

/** The gateway of the channel, as far as it is known here. */
function gatewayOf(context: Context, connection: Connection, { operator }: Channel): string | undefined {
  return (
    urlOption(context, 'gateway') ?? (isGatewayHere(connection, operator) ? gatewayUrlHere(connection) : undefined)
  );
}

const wayOut = 'Or close it all the same with --no-capture: what the gateway did not capture is then lost.';

/** @throws BaseError `gateway_not_asked` */
function requireNoGatewayHere(connection: Connection, { operator }: Channel): void {
  if (!isGatewayHere(connection, operator)) return;
  throw new BaseError('The gateway of this data folder was not asked to capture: its port is not known.', {
    code: 'gateway_not_asked',
    hints: ['Name it with --gateway URL.', wayOut],
  });
}

/** @throws BaseError what the gateway says, with the way out. */
async function captureFirst(context: Context, connection: Connection, gatewayUrl: string): Promise<void> {
  await requestCapture(context, connection, gatewayUrl).catch((cause: unknown) => {
    if (!(cause instanceof BaseError)) throw cause;
    throw cause.with({ hints: [...cause.hints, wayOut] });
  });
}

function mayBeClosed(cause: unknown, file: string): BaseError {
  const { shortMessage, kind } =
    cause instanceof BaseError ? cause : { shortMessage: String(cause), kind: 'transient' as const };
  return new BaseError(`${shortMessage} The channel may be closed all the same.`, {
    code: 'channel_may_be_closed',
    kind,
    cause,
    values: { channelsFile: file },
    hints: ['Its keys open nothing any more. Close it again: where it is closed already, that says so.'],
  });
}

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
      hints: ['List the channels: kedge status'],
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
