import type { Hex } from '@kedge/core';
import type { JournalEntry, TransactionJournal } from '../../capture/transactionJournal.js';
import { bytesOf, type Database, hexOf } from './database.js';

// As far back as a chain that lost its last blocks is brought up to date again.
const kept = 256;

/** The operator's transactions as the database has them. What `entries` says is as of the last `refresh`. */
export type SharedJournal = TransactionJournal & { readonly refresh: () => Promise<void> };

const settleText = 'update kedge_gateway.transaction set state = $2, why = $3 where hash = $1';

type Anchors = { epoch: number; firstBatch: string; lastBatch: string }[];

/** The journal that gateways share. Two of them cannot have different transactions of one nonce in it. */
export function createSharedJournal(database: Database): SharedJournal {
  let entries: JournalEntry[] = [];
  return {
    recover: () => undefined,
    entries: () => entries,
    refresh: async () => {
      const rows = await database.query(
        'kedge_transactions',
        `select * from (
           select hash, nonce, anchors, state from kedge_gateway.transaction
             where state <> 'dropped' order by nonce desc limit ${kept}
         ) as last union select hash, nonce, anchors, state from kedge_gateway.transaction
             where state = 'sent' order by nonce`,
        [],
      );
      // Up to 95 kB each: only those that are new here.
      const raws = new Map(entries.map(({ hash, raw }) => [hash, raw]));
      const unknown = rows.filter((row) => !raws.has(hexOf(row['hash']))).map((row) => row['hash']);
      const found = await database.query(
        'kedge_transaction_records',
        'select hash, record from kedge_gateway.transaction where hash = any ($1)',
        [unknown],
      );
      for (const { hash, record } of found) raws.set(hexOf(hash), hexOf(record));
      entries = rows.map((row) => ({
        hash: hexOf(row['hash']),
        raw: raws.get(hexOf(row['hash'])) as Hex,
        nonce: Number(row['nonce']),
        state: row['state'] as JournalEntry['state'],
        anchors: (row['anchors'] as Anchors).map(({ epoch, firstBatch, lastBatch }) => ({
          epoch: BigInt(epoch),
          firstBatch: BigInt(firstBatch),
          lastBatch: BigInt(lastBatch),
        })),
      }));
    },
    add: async ({ hash, raw, nonce }, anchors) => {
      const ranges = anchors.map(({ epoch, firstBatch, lastBatch }) => ({ epoch, firstBatch, lastBatch }));
      const added = await database.query(
        'kedge_add_transaction',
        `insert into kedge_gateway.transaction as t (hash, nonce, record, anchors) values ($1, $2, $3, $4)
          on conflict (hash) do update set state = 'sent', why = null where t.state = 'dropped' returning nonce`,
        [bytesOf(hash), nonce, bytesOf(raw), jsonOf(ranges)],
      );
      if (added.length === 0) throw new Error(`transaction ${hash} is in the journal already`);
      const entry: JournalEntry = { hash, raw, nonce, anchors: ranges, state: 'sent' };
      entries.push(entry);
      return entry;
    },
    end: async (entry, state, why) => {
      const values = [bytesOf(entry.hash), state, why];
      // What is anchored was confirmed before.
      if (state === 'settled') await database.query('kedge_settle_transaction', settleText, values);
      else await database.query('kedge_end_transaction', 'select kedge_gateway.end_transaction($1, $2, $3)', values);
      entry.state = state;
    },
  };
}

function jsonOf(ranges: readonly { epoch: bigint; firstBatch: bigint; lastBatch: bigint }[]): string {
  return JSON.stringify(
    ranges.map(({ epoch, firstBatch, lastBatch }) => ({
      epoch: Number(epoch),
      firstBatch: firstBatch.toString(),
      lastBatch: lastBatch.toString(),
    })),
  );
}
