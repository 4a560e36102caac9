import { formatUnits } from './units.js';

/** Enough for a price of one smallest unit for as many base units as a lot can name. */
const moreDecimals = 40;
const shownDigits = 12;

/**
 * What one whole unit costs, as a decimal number of the asset: a unit may well cost less than the asset's smallest unit. Twelve
 * digits after the point and its zeros are written, and a `…` where more follow: a price is never shown as none.
 *
 * @param price `numerator` smallest units of the asset for `denominator` base units
 *
 * @example
 * unitPrice({ numerator: 7n, denominator: 1_000_000n }, 6, 6); // '0.000007'
 */
export function unitPrice(
  { numerator, denominator }: { readonly numerator: bigint; readonly denominator: bigint },
  unitDecimals: number,
  assetDecimals: number,
): string {
  const scaled = numerator * 10n ** BigInt(unitDecimals + moreDecimals);
  const [whole = '', fraction = ''] = formatUnits(scaled / denominator, assetDecimals + moreDecimals).split('.');
  const [zeros = ''] = /^0*/.exec(fraction)!;
  const shown = fraction.slice(0, zeros.length + shownDigits);
  const isCut = shown !== fraction || scaled % denominator !== 0n;
  return `${whole}${shown === '' ? '' : `.${shown}`}${isCut ? '…' : ''}`;
}
