import { isSameAddress, zeroAddress, type Address } from '@kedge/core';
import type { AuditReport } from '@kedge/conform';
import { humanCount } from './human.js';
import { table, type Output } from './output.js';

/** Columns of amounts, so that their last digits stand below one another. */
const numeric = new Set(['RECEIVED', 'CLAIMED', 'TO PARENTS', 'ORPHAN', 'BACKING', 'OWED', 'HELD', 'SURPLUS']);

const name = (asset: Address): string => (isSameAddress(asset, zeroAddress) ? 'ETH' : asset);

/** An audit for a reader: every class and asset, what is owed and held, and each difference to the smallest unit. */
export function auditText(report: AuditReport, { green, red, bold }: Output['colours']): string[] {
  const { chainId, address, fromBlock, toBlock, events, assets, ledgers, differences } = report;
  const moved = ledgers
    .filter(({ received, backing, owed }) => received > 0n || backing !== 0n || owed !== 0n)
    .toSorted((a, b) => Number(a.classId - b.classId));
  return [
    `${address} on chain ${chainId}, blocks ${fromBlock} to ${toBlock}: ${humanCount(events, 'event')}; amounts in smallest units`,
    ...section(bold('BY CLASS AND ASSET, FROM EVENTS ALONE'), [
      ['CLASS', 'ASSET', 'RECEIVED', 'CLAIMED', 'TO PARENTS', 'ORPHAN', 'BACKING', 'OWED'],
      ...moved.map((ledger) => [
        String(ledger.classId),
        name(ledger.asset),
        ...[ledger.received, ledger.claimed, ledger.royaltiesPaid, ledger.orphan, ledger.backing, ledger.owed].map(
          String,
        ),
      ]),
    ]),
    ...section(bold('BY ASSET'), [
      ['ASSET', 'OWED', 'HELD', 'SURPLUS'],
      ...assets.map(({ asset, owed, held, surplus }) => [
        name(asset),
        ...[owed, held, surplus].map((amount) => (amount === undefined ? 'unreadable' : String(amount))),
      ]),
    ]),
    ...section(bold('DIFFERENCES'), [
      ['WHERE', 'ASSET', 'WHAT', 'FROM EVENTS', 'ON CHAIN', 'DIFFERENCE'],
      ...differences.map(({ where, asset, field, fromEvents, onChain, difference }) => [
        where,
        asset === undefined ? '-' : name(asset),
        field,
        String(fromEvents),
        onChain === undefined ? 'none' : String(onChain),
        difference === undefined ? '-' : String(difference),
      ]),
    ]),
    '',
    isGood(report) ? green('✓ solvent, and events, storage and balances agree') : red(`✗ ${faults(report).join(', ')}`),
  ];
}

function isGood({ solvent, differences, unreadable }: AuditReport): boolean {
  return solvent && differences.length === 0 && unreadable.length === 0;
}

function faults({ solvent, differences, unreadable }: AuditReport): string[] {
  const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
  return [
    solvent ? 'solvent' : 'insolvent',
    ...(differences.length === 0 ? [] : [counted(differences.length, 'difference', 'differences')]),
    ...(unreadable.length === 0
      ? []
      : [
          `${counted(unreadable.length, 'asset fails', 'assets fail')} when asked for a balance: --asset names those that count`,
        ]),
  ];
}

function section(heading: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length <= 1 ? [] : ['', heading, ...table(rows, '  ', numeric)];
}
