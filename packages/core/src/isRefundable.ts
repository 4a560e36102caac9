/** What a lot says of refunds. */
type RefundTerms = {
  /** Unspent units may be refunded before they expire. */
  readonly refundable: boolean;
  /** What expires unspent becomes revenue of the class. */
  readonly expiredToClass: boolean;
};

/**
 * Whether the holder of backed value may refund what is neither spent nor locked (R4). Value that expired is its holder's even
 * where the lot allows no refund before, unless the lot gives it to the class (P33).
 */
export function isRefundable({ refundable, expiredToClass }: RefundTerms, isExpired: boolean): boolean {
  return isExpired ? !expiredToClass : refundable;
}
