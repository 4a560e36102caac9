import type { Channel } from '@kedge/core';
import type { Context } from '../context.js';
import { textOption } from '../parse.js';
import { assetOfChannel } from './assetOfChannel.js';
import type { Connection } from './connect.js';
import { assetOption, type Asset } from './readAsset.js';

/** For commands about the bond behind a channel. */
export const bondAssetOption = {
  flags: '--asset <address>',
  summary: "which bond (ETH or an ERC-20 token); without it the one in the asset of the channel's lot",
} as const;

/** In which asset the bond behind a channel is meant. */
export async function bondAssetOf(
  context: Pick<Context, 'options'>,
  connection: Connection,
  channel: Channel,
): Promise<Asset> {
  const text = textOption(context, 'asset');
  return text === undefined ? assetOfChannel(connection, channel) : assetOption(connection, text);
}

/** The option as it was given, for the next command about the same bond. */
export function sameBondAsset(context: Pick<Context, 'options'>): string {
  const text = textOption(context, 'asset');
  return text === undefined ? '' : ` --asset ${text}`;
}
