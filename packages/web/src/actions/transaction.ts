import type { KedgeClient } from '@kedge/sdk';
import type { ReactNode } from 'react';

/** One line of what a transaction will do. */
export type Effect = { readonly label: string; readonly value: ReactNode };

/** What the reader is about to sign, and how it is sent. */
export type Transaction = {
  /** As a button says it: "Buy value". */
  readonly title: string;
  readonly note?: ReactNode;
  /** What it will do; undefined while the form is not valid. */
  readonly effects: readonly Effect[] | undefined;
  /** Simulates, asks the wallet, waits for the block. Resolves with what to say then. */
  readonly run: (client: KedgeClient) => Promise<ReactNode>;
};

/** A form whose values make a transaction; what it renders stands in the dialog. */
export type TransactionForm = (properties: {
  /** Its fields may not be changed now: the transaction is under way, or over. */
  readonly isLocked: boolean;
  /** Shows the transaction of the present values below the fields. */
  readonly children: (transaction: Transaction) => ReactNode;
}) => ReactNode;

/** Where a transaction is. */
export type Progress =
  | { readonly at: 'review' }
  | { readonly at: 'checking' | 'signing' }
  | { readonly at: 'mining'; readonly hash: string }
  | { readonly at: 'done'; readonly hash: string | undefined; readonly message: ReactNode }
  | {
      readonly at: 'failed';
      readonly step: 'checking' | 'signing' | 'mining';
      readonly error: unknown;
      /** Of the last transaction that was sent, if any was. */
      readonly hash: string | undefined;
      /** Nothing was sent: to confirm again does nothing twice. */
      readonly mayTryAgain: boolean;
    };
