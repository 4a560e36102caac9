import { createContext, Suspense, useContext, useEffect, useState, type ReactNode } from 'react';
import { ErrorBoundary } from '../app/ErrorBoundary.js';
import { lazyPart } from '../app/lazyPart.js';
import { onHashChange } from '../app/router.js';
import { OverPage } from '../ui/OverPage.js';
import type { TransactionForm } from './transaction.js';

const TransactionDialog = lazyPart(() => import('./TransactionDialog.js'), 'TransactionDialog');

const OpenContext = createContext<(form: TransactionForm) => void>(() => undefined);

/** Opens the dialog in which a transaction is reviewed, signed and followed. */
export function useTransactionDialog(): (form: TransactionForm) => void {
  return useContext(OpenContext);
}

/** Holds the one dialog of the page; it is loaded when it is first opened. */
export function TransactionProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ form: TransactionForm; turn: number } | undefined>(undefined);
  const [isOpen, setOpen] = useState(false);
  // It is about something on the page that it was opened on: who goes on, or back, leaves it.
  useEffect(() => onHashChange(() => setOpen(false)), []);
  const close = (): void => setOpen(false);
  const open = (form: TransactionForm): void => {
    setShown((before) => ({ form, turn: (before?.turn ?? 0) + 1 }));
    setOpen(true);
  };
  return (
    <OpenContext value={open}>
      {children}
      {shown !== undefined && (
        <ErrorBoundary key={shown.turn} place={(told) => isOpen && <OverPage onClose={close}>{told}</OverPage>}>
          <Suspense fallback={null}>
            <TransactionDialog form={shown.form} isOpen={isOpen} onClose={close} />
          </Suspense>
        </ErrorBoundary>
      )}
    </OpenContext>
  );
}
