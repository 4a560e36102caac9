import type { Hex } from '@kedge/core';
import { type ChannelBook, rootIdOf } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { Ledger } from '../ledger/ledger.js';
import { notHere } from '../peers/notHere.js';

/**
 * The channel of a key that a voucher or a question names: its own, or one that continues it (R28). Its own, too, for any other,
 * whose vouchers are refused then.
 * @throws BaseError 503 `channel_elsewhere`.
 */
export async function channelNamed(
  served: ServedChannel,
  channelId: Hex,
  { book, ledger }: { readonly book: ChannelBook; readonly ledger: Pick<Ledger, 'placeOf'> },
): Promise<ServedChannel> {
  const named = channelId === served.channelId ? undefined : book.byId(channelId);
  if (named === undefined || rootIdOf(named) !== rootIdOf(served)) return served;
  if ((await ledger.placeOf(channelId)) !== undefined) throw notHere();
  return { ...named, key: served.key };
}
