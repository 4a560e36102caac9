import { BaseError, channelIdOf, isSameAddress } from '@kedge/core';
import { keccak256 } from '../keccak256.js';
import type { PayerParameters } from './channelPayer.js';

/**
 * Refuses what nothing can be paid with, before anything is sent: a gateway would serve a call whose receipt then turns out to be of
 * another channel.
 *
 * @throws BaseError `channel_key_wrong`, `channel_differs`, `memory_differs`, `argument_invalid` for amounts that are no bigints.
 */
export function requirePayer(parameters: PayerParameters): void {
  const { domain, channel, channelId, account: key, memory, lostUnits, signEveryUnits } = parameters;
  if (!isSameAddress(key.address, channel.channelKey)) {
    throw new BaseError('This account is not the key of the channel.', {
      code: 'channel_key_wrong',
      values: { channelKey: channel.channelKey, account: key.address },
      hints: ['Pass the account of the key that the channel was opened with.'],
    });
  }
  const termsId = channelIdOf(domain, channel, keccak256);
  if (termsId !== channelId) {
    throw new BaseError('These terms, on that chain and contract, are of another channel.', {
      code: 'channel_differs',
      values: { channelId, termsId, ...domain },
      hints: [
        'Pass the channel as it was opened, and as domain the chain and the ValueChannels contract of its opening.',
      ],
    });
  }
  const amounts = { ...memory, lostUnits: memory?.lostUnits ?? lostUnits, signEveryUnits };
  for (const argument of ['settledUnits', 'lostUnits', 'signEveryUnits'] as const) {
    const value: unknown = amounts[argument];
    if (value === undefined || typeof value === 'bigint') continue;
    throw new BaseError(`${argument} cannot be ${typeof value === 'string' ? `"${value}"` : String(value)}.`, {
      code: 'argument_invalid',
      values: { argument, value },
      hints: ['Give a bigint, such as 5n: parseVoucherMemory of @kedge/core reads a memory that was kept as JSON.'],
    });
  }
  const remembered = memory?.newest?.voucher.channelId;
  if (remembered !== undefined && remembered !== channelId) {
    throw new BaseError('This memory is of another channel.', {
      code: 'memory_differs',
      values: { channelId, remembered },
      hints: [
        'Keep the memory of each channel apart, and give back the one of this channel.',
        'At the first start of a channel give none, and lostUnits: 0n.',
      ],
    });
  }
}
