import { BaseError, splitTokenId } from '@kedge/core';
import { connect, type Connection } from '../chain/connect.js';
import { readChannel } from '../chain/readChannels.js';
import { readAnyAsset } from '../chain/readAsset.js';
import { chainOptions, type Command } from '../command.js';
import { humanAmount, humanUnits, shortHex } from '../human.js';
import { urlOption } from '../parse.js';
import { requestCapture, type Captured } from '../gateway/requestCapture.js';
import { gatewayUrlHere } from '../gateway/gatewayFiles.js';

export const capture: Command = {
  name: 'capture',
  summary: 'have the gateway take what was used, now, on chain',
  description:
    'The gateway captures by itself every few seconds while there is something to capture. This asks it to do so now, and ' +
    'shows what was taken: units from channels, royalties for parents, roots of receipts. Capturing twice takes nothing ' +
    'twice.',
  arguments: [],
  options: [
    { flags: '--gateway <url>', summary: 'the gateway; without it the one of the data folder, where it has a port' },
    ...chainOptions,
  ],
  examples: [{ command: 'kedge capture', summary: 'take now what the receipts say' }],
  run: async (context) => {
    const connection = await connect(context);
    const gatewayUrl = urlOption(context, 'gateway') ?? gatewayUrlHere(connection);
    if (gatewayUrl === undefined) {
      throw new BaseError('No gateway is named.', {
        code: 'no_gateway',
        hints: ['Pass --gateway URL.', 'Only the gateway holds the vouchers of its channels.'],
      });
    }
    const captures = await requestCapture(context, connection, gatewayUrl);
    const lines = captures.length === 0 ? ['nothing was left to capture'] : await linesOf(connection, captures);
    context.output.result({ captures }, () => lines);
  },
};

async function linesOf(connection: Connection, captures: readonly Captured[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { transactionHash, captured, failed, royalties, anchoredRoots } of captures) {
    lines.push(`transaction ${transactionHash}`);
    for (const { channelId, units, capturedUnits } of captured) {
      const { tokenId } = await readChannel(connection, channelId);
      const { classId } = splitTokenId(tokenId);
      const { unitDecimals } = await connection.client.getClass({ classId });
      const [now, all] = [humanUnits(units, unitDecimals), humanAmount(capturedUnits, unitDecimals)];
      lines.push(`  captured ${now} of channel ${shortHex(channelId)} (${all} since it was opened)`);
    }
    for (const { channelId, reason } of failed) lines.push(`  ✗ channel ${shortHex(channelId)}: ${reason.message}`);
    for (const { classId, parentId, asset, amount } of royalties) {
      const { name, decimals } = await readAnyAsset(connection, asset);
      lines.push(`  royalty ${humanAmount(amount, decimals)} ${name} from class ${classId} to class ${parentId}`);
    }
    for (const root of anchoredRoots) lines.push(`  receipts anchored under ${shortHex(root)}`);
  }
  return lines;
}
