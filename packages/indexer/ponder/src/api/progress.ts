import type { IndexerStatus } from '@kedge/core';
import { count } from 'ponder';
import { db } from 'ponder:api';
import { accrual, channel, classBook, receiptRoot, token } from 'ponder:schema';
import { isCaughtUp } from '../../../src/isCaughtUp.js';
import { type BlockMoment, chainHead, indexedBlock, settings, wasComplete } from './reading';

let headAtStart: BlockMoment | undefined;
void chainHead().then((head) => (headAtStart ??= head));

export async function progress(): Promise<IndexerStatus> {
  const countOf = async (
    table: typeof classBook | typeof token | typeof channel | typeof receiptRoot | typeof accrual,
  ) => {
    return (await db.select({ count: count() }).from(table as typeof classBook))[0]!.count;
  };
  const [head, indexed, complete, classes, tokens, channels, receiptRoots, accruals] = await Promise.all([
    chainHead(),
    indexedBlock(),
    wasComplete(),
    countOf(classBook),
    countOf(token),
    countOf(channel),
    countOf(receiptRoot),
    countOf(accrual),
  ]);
  headAtStart ??= head;
  const ready = isCaughtUp({
    wasComplete: complete,
    indexed: indexed?.blockNumber,
    headAtStart: headAtStart?.blockNumber,
    head: head?.blockNumber,
  });
  return {
    chainId: settings.chainId,
    indexed: indexed ?? null,
    head: head ?? null,
    lag: head === undefined || indexed === undefined ? null : Math.max(0, head.blockNumber - indexed.blockNumber),
    ready,
    counts: { classes, tokens, channels, receiptRoots, accruals },
  };
}
