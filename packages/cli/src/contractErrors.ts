type Values = readonly unknown[];

/** What a revert means and what to do about it. Values are the error's arguments, in order. */
export type ContractErrorText = { readonly message: string; readonly hints: readonly string[] };

const seconds = (value: unknown): string => new Date(Number(value) * 1000).toISOString();
const fieldName = (value: unknown): string =>
  Buffer.from(String(value).slice(2), 'hex').toString('utf8').replace(/\0+$/, '');
const issuerHint = 'pass --account with the key of the issuer';

const texts: Readonly<Record<string, (values: Values) => ContractErrorText>> = {
  ERC8028NonexistentClass: ([classId]) => ({
    message: `there is no class ${classId} on this chain`,
    hints: ['kedge status lists the classes'],
  }),
  ERC8028NonexistentToken: ([tokenId]) => ({
    message: `there is no token ${tokenId} on this chain`,
    hints: ['kedge status lists the tokens'],
  }),
  ERC8028Unauthorized: ([tokenId, caller]) => ({
    message: `${caller} may not act on token ${tokenId}: it belongs to somebody else`,
    hints: ["pass --account with the holder's key"],
  }),
  ERC8028Expired: ([tokenId, expireAt]) => ({
    message: `token ${tokenId} expired at ${seconds(expireAt)}`,
    hints: ['buy value anew with kedge buy; what the token earned before can still be claimed'],
  }),
  ERC8028InsufficientValue: ([tokenId, value, needed]) => ({
    message: `token ${tokenId} has ${value} base units to spend, ${needed} are needed`,
    hints: ['name fewer units, close a channel that holds them, or kedge buy more'],
  }),
  ERC8028NoActiveShare: ([classId]) => ({
    message: `class ${classId} has no active share, so revenue would reach nobody`,
    hints: [`mint one first: kedge mint ${classId} --share 1000`],
  }),
  DATNotIssuer: ([classId, caller, issuer]) => ({
    message: `class ${classId} is issued by ${issuer}, not by ${caller}`,
    hints: [issuerHint],
  }),
  DATTooManyParents: ([count, maximum]) => ({
    message: `${count} parents are too many: a class has at most ${maximum}`,
    hints: ['join some of them in a class of their own first'],
  }),
  DATRoyaltiesTooHigh: ([sum, maximum]) => ({
    message: `the parents' royalties sum to ${sum} basis points, more than ${maximum}`,
    hints: ['lower the basis points given with --parent <classId>:<bps>'],
  }),
  DATDuplicateParent: ([parentId]) => ({
    message: `class ${parentId} is named twice as a parent`,
    hints: ['give each --parent once'],
  }),
  DATInvalidExpiry: ([expireAt]) => ({
    message: `${seconds(expireAt)} is no valid expiry`,
    hints: ['name a time after now and before the year 2106, or none'],
  }),
  DATValueTooLarge: ([value]) => ({
    message: `${value} base units are more than a token can hold (2^64 - 1)`,
    hints: ['name fewer units'],
  }),
  DATTooManyExpiries: ([classId, maximum]) => ({
    message: `class ${classId} has ${maximum} different share expiries pending, the most it can`,
    hints: ['use an expiry that another share already has, or none'],
  }),
  DATNonexistentLot: ([classId, lot]) => ({
    message: `class ${classId} has no backed lot ${lot}`,
    hints: [`kedge status --class ${classId} lists its lots`],
  }),
  DATPolicyWithoutHash: ([classId, version]) => ({
    message: `policy version ${version} of class ${classId} has no hash, so it cannot back value or channels`,
    hints: ['create the class with --policy <file>'],
  }),
  DATZeroAmount: () => ({ message: 'the amount is zero', hints: ['name an amount with --amount'] }),
  DATZeroUnits: () => ({ message: 'the units are zero', hints: ['name the units'] }),
  DATInvalidAsset: ([asset]) => ({
    message: `${asset} is no ERC-20 token on this chain`,
    hints: ['name the address of a token contract, or leave --asset out for ETH'],
  }),
  DATPaymentFailed: ([to, amount]) => ({
    message: `${to} refused the payment of ${amount} wei`,
    hints: ['name another recipient'],
  }),
  ValueChannelsInvalidTerms: ([field]) => ({
    message: `the channel's terms cannot be honoured: ${fieldName(field)}`,
    hints: [
      'deadline and grace must end before the token expires, grace is at least one day, and a capped channel needs a rate',
    ],
  }),
  ValueChannelsNotOpen: ([channelId]) => ({
    message: `channel ${channelId} is not open: it was never opened, or is closed`,
    hints: ['kedge status lists the channels; kedge channel open opens one'],
  }),
  ValueChannelsTooEarly: ([channelId, deadline, grace]) => ({
    message: `channel ${channelId} can be closed by its operator now, by anyone else after ${seconds(
      BigInt(String(deadline)) + BigInt(String(grace)),
    )}`,
    hints: ["pass --account with the operator's key, or wait"],
  }),
  ValueChannelsTooLate: ([channelId, deadline, grace]) => ({
    message: `channel ${channelId} could be captured until ${seconds(BigInt(String(deadline)) + BigInt(String(grace)))}`,
    hints: ['kedge channel close returns what is left to the token'],
  }),
  ValueMarketNotListed: ([classId, lot]) => ({
    message: `lot ${lot} of class ${classId} is not on sale`,
    hints: ['kedge status lists what is on sale'],
  }),
  ValueMarketSoldOut: ([, lot, supply, units]) => ({
    message: `${units} base units were asked for, lot ${lot} has ${supply} left`,
    hints: ['buy fewer units'],
  }),
  ValueMarketTooExpensive: ([cost, maximum]) => ({
    message: `the price is ${cost}, above the allowed ${maximum}`,
    hints: ['allow more with --max-cost'],
  }),
};

/**
 * The text for a contract's custom error. An error without its own text is shown with its values.
 *
 * @param name as in the ABI
 * @param values in the ABI's order
 */
export function contractErrorText(name: string, values: Values): ContractErrorText {
  const text = texts[name];
  if (text !== undefined) return text(values);
  return { message: `the contract refused: ${name}(${values.map(String).join(', ')})`, hints: [] };
}

/** The names that have a text of their own, for the test that holds them against the ABI. */
export const contractErrorNames: readonly string[] = Object.keys(texts);
