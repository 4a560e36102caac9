import type { BaseError } from '@kedge/core';
import type { CallServices } from '../call/callServices.js';
import type { ReserveOptions } from '../call/reserveUnits.js';
import type { UsageDifference } from '../call/usageCheck.js';
import type { ChannelBook } from '../channels/channelBook.js';
import type { ReceiptSalts } from '../crypto/createReceiptSalts.js';
import type { Idempotency } from '../idempotency/createIdempotency.js';
import type { Ledger } from '../ledger/ledger.js';
import type { LiveFeed } from '../live/createLiveFeed.js';
import type { RateBook } from '../rates/createRateBook.js';
import type { TopUps } from '../topUps/createTopUps.js';
import type { VoucherBook } from '../vouchers/createVoucherBook.js';
import type { AnchorRoute } from './createAnchorRoute.js';
import type { CountLimit } from './createCountLimit.js';

/** What answering the operator needs. */
export type AdminContext = {
  readonly book: ChannelBook;
  readonly rates: RateBook;
  readonly captureNow: () => Promise<string | undefined>;
  readonly live?: LiveFeed;
  /** In shadow mode: who would have earned what. */
  readonly shadowReport?: () => unknown;
  readonly usageDifferences: () => Promise<readonly UsageDifference[]>;
  /** What keys have spent, by their SHA-256, where other processes of the gateway count, too. */
  readonly keyUses?: () => Promise<ReadonlyMap<string, bigint>>;
};

/** What answering calls needs. */
export type RouteContext = Pick<AdminContext, 'book' | 'rates'> & {
  readonly ledger: Pick<Ledger, 'receiptOf' | 'answers' | 'placeOf'>;
  readonly idempotency: Idempotency;
  readonly vouchers: VoucherBook;
  readonly services: CallServices;
  readonly reserving: ReserveOptions;
  /** Where calls may be paid for. */
  readonly topUps: TopUps | undefined;
  readonly maxRequestBytes: number;
  /** Bounds the counts that nobody pays; absent in shadow mode, where nothing costs anything. */
  readonly countLimit?: CountLimit;
  /** Whether a receipt with such a salt is of a call with this key; absent in shadow mode, which gives no receipts. */
  readonly isReceiptOf?: ReceiptSalts['isOf'];
  /** Not in shadow mode, which anchors nothing. */
  readonly anchors?: AnchorRoute;
  readonly metricsText?: () => Promise<string>;
  /** Why the upstream cannot be relied on now. Calls are still tried. */
  readonly upstreamFault?: () => Promise<BaseError | undefined>;
  /** Where the operator is answered, without a path. */
  readonly adminUrl: string;
  /** Why nothing is served now; undefined when everything is in order. */
  readonly unready: () => BaseError | undefined;
};
