import { isSameAddress, type Address } from '@kedge/core';
import { roleOfAddress } from '../accounts/resolveAccount.js';
import { developmentChainId, developmentLabel } from '../accounts/roles.js';
import { connect, originOf, type Connection } from '../chain/connect.js';
import { lotNumberOf } from '../chain/lotNumber.js';
import { readOverview, type ClassOverview, type Overview } from '../chain/readOverview.js';
import { chainOptions, type Command } from '../command.js';
import { humanAmount, humanMoment, shortHex } from '../human.js';
import { table } from '../output.js';

export const status: Command = {
  name: 'status',
  summary: 'show value, used units, revenue, claimable amounts and channels',
  description:
    'Reads everything from the chain: classes with their revenue, lots on sale, tokens with value, locked and used units ' +
    'and what they can claim, channels, and what operators are owed. Numbers are in units of the class and of the asset; ' +
    'with --json they are exact integers in base units.',
  arguments: [],
  options: [...chainOptions],
  examples: [{ command: 'kedge status', summary: 'before and after a call' }],
  run: async (context) => {
    const connection = await connect(context);
    const overview = await context.output.waitFor('the chain to be read', readOverview(connection));
    const { chainId, rpcUrl, contracts, up } = connection;
    context.output.result(
      { chainId, rpcUrl: originOf(rpcUrl), gatewayUrl: up?.gatewayUrl, contracts, ...overview },
      () => [
        `chain ${chainId} at ${originOf(rpcUrl)}${up === undefined ? '' : `, gateway ${up.gatewayUrl}`}`,
        ...section('CLASSES', classRows(connection, overview)),
        ...section('LOTS ON SALE', lotRows(overview)),
        ...section('TOKENS', tokenRows(connection, overview)),
        ...section('CHANNELS', channelRows(connection, overview)),
        ...section('OWED', owedRows(connection, overview)),
        ...(chainId === developmentChainId
          ? ['', `An account named by its role is a ${developmentLabel}: never use it on another chain.`]
          : []),
      ],
    );
  },
};

/** A table with its heading, or nothing when it has no rows but the head. */
function section(heading: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length <= 1 ? [] : ['', heading, ...table(rows, '  ')];
}

function classRows({ chainId }: Connection, { classes, assets }: Overview): string[][] {
  const rows = classes.flatMap(({ classId, kind, name, issuer, totalShare, parents, revenue }) => {
    const used = revenue.filter(({ received, backing }, index) => index === 0 || received > 0n || backing > 0n);
    return used.map(({ asset, received, royaltiesPaid, royaltiesDue, claimed, backing, orphan }, index) => {
      const amount = (value: bigint): string => amountOf({ assets }, asset, value);
      const due = royaltiesDue.reduce((sum, edge) => sum + edge.amount, 0n);
      const lineage = parents.map((parent) => `${parent.classId} (${parent.royaltyBps / 100} %)`).join(', ');
      const head =
        index === 0
          ? [String(classId), kind, name ?? '-', holderName(chainId, issuer), String(totalShare), lineage || '-']
          : ['', '', '', '', '', ''];
      return [...head, amount(received), amount(royaltiesPaid + due), amount(claimed), amount(orphan), amount(backing)];
    });
  });
  return [
    ['ID', 'KIND', 'NAME', 'ISSUER', 'SHARES', 'PARENTS', 'REVENUE', 'TO PARENTS', 'CLAIMED', 'UNSHARED', 'BACKING'],
    ...rows,
  ];
}

function lotRows({ classes, assets }: Overview): string[][] {
  const rows = classes.flatMap(({ classId, unitDecimals, lots }) =>
    lots
      .filter(({ listing }) => listing.open)
      .map(({ lot, asset, price, listing, spent, refundable }) => [
        String(classId),
        String(lotNumberOf(lot)),
        amountOf({ assets }, asset, (price.numerator * 10n ** BigInt(unitDecimals)) / price.denominator),
        humanAmount(listing.supply, unitDecimals),
        humanAmount(spent, unitDecimals),
        refundable ? 'refundable' : 'final',
      ]),
  );
  return [['CLASS', 'LOT', 'PRICE A UNIT', 'LEFT', 'USED', 'TERMS'], ...rows];
}

function tokenRows({ chainId }: Connection, { tokens, classes, assets }: Overview): string[][] {
  const rows = tokens.map(
    ({ tokenId, classId, holder, value, lockedUnits, usedUnits, shareRatio, claimable, expireAt }) => {
      const units = (amount: bigint): string => humanAmount(amount, decimalsOf(classes, classId));
      const claims = claimable.map(({ asset, amount }) => amountOf({ assets }, asset, amount)).join(', ');
      return [
        String(tokenId),
        String(classId),
        holderName(chainId, holder),
        units(value),
        units(lockedUnits),
        units(usedUnits),
        String(shareRatio),
        claims || '-',
        humanMoment(expireAt),
      ];
    },
  );
  return [['ID', 'CLASS', 'HOLDER', 'VALUE', 'LOCKED', 'USED', 'SHARE', 'CLAIMABLE', 'EXPIRES'], ...rows];
}

function channelRows({ chainId }: Connection, { channels, tokens, classes }: Overview): string[][] {
  const rows = channels.map(
    ({ channelId, tokenId, holder, operator, mode, open, cap, capturedUnits, remainingUnits, deadline }) => {
      const classId = tokens.find((token) => token.tokenId === tokenId)?.classId ?? tokenId >> 64n;
      const units = (amount: bigint): string => humanAmount(amount, decimalsOf(classes, classId));
      const state = open ? humanMoment(deadline) : 'closed';
      return [
        shortHex(channelId),
        String(classId),
        holderName(chainId, holder),
        holderName(chainId, operator),
        mode,
        units(cap),
        units(capturedUnits),
        units(remainingUnits),
        state,
      ];
    },
  );
  return [['ID', 'CLASS', 'HOLDER', 'OPERATOR', 'MODE', 'CAP', 'USED', 'LEFT', 'UNTIL'], ...rows];
}

function owedRows({ chainId }: Connection, { owed, assets }: Overview): string[][] {
  const rows = owed.map(({ account, asset, amount }) => [
    holderName(chainId, account),
    amountOf({ assets }, asset, amount),
  ]);
  return [['ACCOUNT', 'AMOUNT'], ...rows];
}

function decimalsOf(classes: readonly ClassOverview[], classId: bigint): number {
  return classes.find((candidate) => candidate.classId === classId)?.unitDecimals ?? 0;
}

function amountOf({ assets }: Pick<Overview, 'assets'>, asset: Address, amount: bigint): string {
  const known = assets.find(({ address }) => isSameAddress(address, asset));
  return known === undefined
    ? `${amount} of ${shortHex(asset)}`
    : `${humanAmount(amount, known.decimals)} ${known.symbol}`;
}

/** A role on the local chain, else the address. */
function holderName(chainId: number, address: Address): string {
  const role = chainId === developmentChainId ? roleOfAddress(address) : undefined;
  return role ?? shortHex(address);
}
