import { isSameAddress, splitTokenId, unitPrice, zeroAddress, type Address } from '@kedge/core';
import { roleOfAddress } from './accounts/resolveAccount.js';
import { developmentChainId } from './accounts/roles.js';
import { lotNumberOf } from './chain/lotNumber.js';
import type { ClassOverview, Overview } from './chain/readOverview.js';
import { briefAmount, briefText, groupedDigits, humanDate, humanDuration, humanMoment, shortHex } from './human.js';
import { table } from './output.js';

/** Columns of numbers, so that their last digits stand below one another. */
const numeric = new Set([
  'SHARES',
  'CAP',
  'SHARE',
  'PRICE',
  'VALUE',
  'LOCKED',
  'LEFT',
  'USED',
  'RECEIVED',
  'TO PARENTS',
  'CLAIMED',
  'UNSHARED',
  'BACKING',
  'CLAIMABLE',
  'AMOUNT',
]);
const longestName = 32;
const longestSymbol = 16;
const longestReason = 24;

/** What the chain knows, as tables of at most 100 columns: `--json` has the rest, and every digit. */
export function statusText(chainId: number, overview: Overview): string[] {
  const who = (address: Address): string => {
    const role = chainId === developmentChainId ? roleOfAddress(address) : undefined;
    return role ?? shortAddress(address);
  };
  const sections = [
    ...section('CLASSES', classRows(overview, who)),
    ...section('REVENUE', revenueRows(overview)),
    ...section('LOTS ON SALE', lotRows(overview)),
    ...section('PLANS OF LOTS', planRows(overview)),
    ...section('TOKENS', tokenRows(overview, who)),
    ...section('SHARES', shareRows(overview, who)),
    ...section('REVOCATIONS ANNOUNCED', revocationRows(overview, who)),
    ...section('CHANNELS', channelRows(overview, who)),
    ...section('OWED', owedRows(overview, who)),
    ...section('ASSETS', assetRows(overview)),
  ];
  return sections.length === 0 ? ['', 'nothing yet'] : sections;
}

type Rows = readonly (readonly string[])[];
/** A role on the local chain, else the address. */
type Who = (address: Address) => string;

/** A table with its heading, or nothing when it has no rows but the head. */
function section(heading: string, rows: Rows): string[] {
  return rows.length <= 1 ? [] : ['', heading, ...table(rows, '  ', numeric)];
}

/** A class with several parents, one in a row: those below the first have nothing else. */
function classRows({ classes }: Overview, who: Who): Rows {
  const rows = classes.flatMap(({ classId, kind, name, issuer, totalShare, shareCap, dilutable, parents }) => {
    const [first = '-', ...others] = parents.map((parent) => `${parent.classId} (${parent.royaltyBps / 100} %)`);
    const shown = name === undefined ? '-' : briefText(name, longestName);
    // Without a bound, nobody can say what part of the class a weight will be (R23).
    const cap = dilutable ? 'dilutable' : shareCap === 0n ? 'frozen' : groupedDigits(String(shareCap));
    return [
      [String(classId), kind, shown, who(issuer), groupedDigits(String(totalShare)), cap, first],
      ...others.map((other) => ['', '', '', '', '', '', other]),
    ];
  });
  return [['ID', 'KIND', 'NAME', 'ISSUER', 'SHARES', 'CAP', 'PARENTS'], ...rows];
}

function revenueRows(overview: Overview): Rows {
  const rows = overview.classes.flatMap(({ classId, revenue }) =>
    revenue
      .filter(({ received, backing }) => received > 0n || backing > 0n)
      .map(({ asset, received, royaltiesPaid, royaltiesDue, claimed, backing, orphan }) => {
        const toParents = royaltiesDue.reduce((sum, edge) => sum + edge.amount, royaltiesPaid);
        const { decimals, name } = assetOf(overview, asset);
        const amounts = [received, toParents, claimed, orphan, backing].map((each) => briefAmount(each, decimals));
        return [String(classId), ...amounts, name];
      }),
  );
  return [['CLASS', 'RECEIVED', 'TO PARENTS', 'CLAIMED', 'UNSHARED', 'BACKING', 'ASSET'], ...rows];
}

function lotRows(overview: Overview): Rows {
  const rows = overview.classes.flatMap(({ classId, unitDecimals, policyVersion, lots }) =>
    lots
      .filter((lot) => lot.listing.open && lot.policyVersion === policyVersion)
      .map(({ lot, asset, price, listing, spent, refundable }) => {
        const { decimals, name } = assetOf(overview, asset);
        return [
          String(classId),
          String(lotNumberOf(lot)),
          // Whole: a price is what one compares before one pays.
          groupedDigits(unitPrice(price, unitDecimals, decimals)),
          `${name} a unit`,
          briefAmount(listing.supply, unitDecimals),
          briefAmount(spent, unitDecimals),
          refundable ? 'refundable' : 'final',
        ];
      }),
  );
  return [['CLASS', 'LOT', 'PRICE', '', 'LEFT', 'USED', 'TERMS'], ...rows];
}

/** What one should know of tiers, passes, subscriptions and steps before one pays. */
function planRows({ classes }: Overview): Rows {
  const rows = classes.flatMap(({ classId, unitDecimals, policyVersion, lots }) =>
    lots
      .filter((lot) => lot.listing.open && lot.policyVersion === policyVersion)
      .flatMap(({ lot, plan }) => {
        if (plan === undefined) return [];
        const { supply, minUnits, exact, duration, expireAt, currentLot } = plan;
        const least = `${briefAmount(minUnits, unitDecimals)} ${exact ? 'exactly' : 'at least'}`;
        const turn = supply < minUnits ? 'out' : currentLot === lot ? 'now' : `after lot ${lotNumberOf(currentLot)}`;
        const lasting = duration === 0 ? 'for ever' : humanDuration(duration);
        return [[String(classId), String(lotNumberOf(lot)), least, lasting, humanDate(expireAt), turn]];
      }),
  );
  return [['CLASS', 'LOT', 'UNITS AT ONCE', 'VALID FOR', 'EXPIRES', 'SOLD'], ...rows];
}

/** Tokens with value, and those that have neither value nor a share. */
function tokenRows({ tokens, classes }: Overview, who: Who): Rows {
  const rows = tokens
    .filter((token) => token.shareRatio === 0n || token.value + token.lockedUnits + token.usedUnits > 0n)
    .map(({ tokenId, classId, holder, value, lockedUnits, usedUnits, expireAt }) => {
      const units = [value, lockedUnits, usedUnits].map((each) => briefAmount(each, decimalsOf(classes, classId)));
      return [String(tokenId), String(classId), who(holder), ...units, humanDate(expireAt)];
    });
  return [['ID', 'CLASS', 'HOLDER', 'VALUE', 'LOCKED', 'USED', 'EXPIRES'], ...rows];
}

/** A share that can claim in several assets has a row for each. */
function shareRows(overview: Overview, who: Who): Rows {
  const rows = overview.tokens
    .filter(({ shareRatio, claimable }) => shareRatio > 0n || claimable.length > 0)
    .flatMap(({ tokenId, classId, holder, shareRatio, claimable, shareExpireAt }) => {
      const [first = ['0', ''], ...others] = claimable.map(({ asset, amount }) => {
        const { decimals, name } = assetOf(overview, asset);
        return [briefAmount(amount, decimals), name];
      });
      return [
        [
          String(tokenId),
          String(classId),
          who(holder),
          groupedDigits(String(shareRatio)),
          ...first,
          humanDate(shareExpireAt),
        ],
        ...others.map((other) => ['', '', '', '', ...other, '']),
      ];
    });
  return [['ID', 'CLASS', 'HOLDER', 'SHARE', 'CLAIMABLE', '', 'EXPIRES'], ...rows];
}

function revocationRows({ revocations }: Overview, who: Who): Rows {
  const rows = revocations.map(({ tokenId, holder, effectiveAt, appealed, reason }) => {
    const objection = appealed ? 'appealed' : 'none';
    return [String(tokenId), who(holder), humanMoment(effectiveAt), objection, briefText(reason, longestReason)];
  });
  return [['ID', 'HOLDER', 'POSSIBLE FROM', 'OBJECTION', 'REASON'], ...rows];
}

/** Of the cap, what is not used is left, until the channel is closed. */
function channelRows({ channels, classes }: Overview, who: Who): Rows {
  const rows = channels.map(
    ({ channelId, tokenId, holder, operator, mode, open, capturedUnits, remainingUnits, deadline }) => {
      const { classId } = splitTokenId(tokenId);
      const units = [capturedUnits, remainingUnits].map((each) => briefAmount(each, decimalsOf(classes, classId)));
      const until = open ? humanDate(deadline) : 'closed';
      return [shortHex(channelId), String(classId), who(holder), who(operator), mode, ...units, until];
    },
  );
  return [['ID', 'CLASS', 'HOLDER', 'OPERATOR', 'MODE', 'USED', 'LEFT', 'UNTIL'], ...rows];
}

function owedRows(overview: Overview, who: Who): Rows {
  const rows = overview.owed.map(({ account, asset, amount }) => {
    const { decimals, name } = assetOf(overview, asset);
    return [who(account), briefAmount(amount, decimals), name];
  });
  return [['ACCOUNT', 'AMOUNT', ''], ...rows];
}

function decimalsOf(classes: readonly ClassOverview[], classId: bigint): number {
  return classes.find((candidate) => candidate.classId === classId)?.unitDecimals ?? 0;
}

/** What the short names of assets stand for. What one calls itself is anyone's word: its address tells it from another. */
function assetRows({ assets }: Overview): Rows {
  const rows = assets
    .filter(({ address }) => address !== zeroAddress)
    .map(({ address, symbol }) => [
      shortAddress(address),
      symbol === shortHex(address) ? '-' : briefText(symbol, longestSymbol),
      address,
    ]);
  return [['ASSET', 'SYMBOL', 'ADDRESS'], ...rows];
}

function assetOf({ assets }: Overview, asset: Address): { readonly name: string; readonly decimals: number } {
  if (asset === zeroAddress) return { name: 'ETH', decimals: 18 };
  // One that a lot names since the assets were read is in smallest units.
  const decimals = assets.find(({ address }) => isSameAddress(address, asset))?.decimals ?? 0;
  return { name: shortAddress(asset), decimals };
}

function shortAddress(address: Address): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}
