import { Dialog } from '@base-ui/react/dialog';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { untilIndexed } from '../data/untilIndexed.js';
import { useIndexer } from '../data/useIndexed.js';
import { Copyable } from '../ui/Copyable.js';
import { wordsOf } from '../ui/ErrorState.js';
import { Icon } from '../ui/icons.js';
import { useReader, useWriter } from '../wallet/useKedge.js';
import { useWallet } from '../wallet/useWallet.js';
import { Effects } from './Effects.js';
import { runTransaction } from './runTransaction.js';
import type { Progress, Transaction, TransactionForm } from './transaction.js';

const steps = { checking: 'Check it on the chain', signing: 'Sign in your wallet', mining: 'In a block' } as const;

/** A transaction from its form to its block: what it will do, each step, and what came of it. */
export function TransactionDialog({
  form: Form,
  isOpen,
  onClose,
}: {
  form: TransactionForm;
  isOpen: boolean;
  onClose: () => void;
}) {
  const [progress, setProgress] = useState<Progress>({ at: 'review' });
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Form isLocked={!mayConfirm(progress)}>
            {(transaction) => (
              <Review transaction={transaction} progress={progress} onProgress={setProgress} onClose={onClose} />
            )}
          </Form>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Review({
  transaction,
  progress,
  onProgress,
  onClose,
}: {
  transaction: Transaction;
  progress: Progress;
  onProgress: (progress: Progress) => void;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const writer = useWriter();
  const { publicClient } = useReader();
  const indexer = useIndexer();
  const wallet = useWallet();
  const { title, effects, note } = transaction;
  const isBefore = mayConfirm(progress);
  const isUnderWay = progress.at === 'checking' || progress.at === 'signing' || progress.at === 'mining';
  const isOver = !isBefore && !isUnderWay;
  const confirm = async (): Promise<void> => {
    await runTransaction(transaction, writer, onProgress);
    await queries.invalidateQueries();
    if (indexer === undefined) return;
    // The chain has it, and the lists do not yet.
    const newest = await publicClient.getBlockNumber().catch(() => 0n);
    await untilIndexed(() => indexer.status(), newest);
    await queries.invalidateQueries();
  };
  return (
    <>
      {effects !== undefined && (
        <section aria-label="What it will do">
          <Effects effects={effects} />
        </section>
      )}
      {note !== undefined && <p className="small muted">{note}</p>}
      {wallet.isElsewhere && (
        <p className="callout warn">Your wallet is on chain {wallet.chainId}. Switch its network first.</p>
      )}
      <Steps progress={progress} />
      {progress.at === 'failed' && <Failure error={progress.error} hash={progress.hash} />}
      {progress.at === 'done' && (
        <div className="callout good" role="status">
          {progress.message}
          <Sent hash={progress.hash} />
        </div>
      )}
      {isUnderWay && (
        <p className="small muted">Closing this takes nothing back: what is sent goes on, and the page shows it.</p>
      )}
      <div className="row end">
        {!isOver && <Dialog.Close className="button">{isBefore ? 'Cancel' : 'Close'}</Dialog.Close>}
        {/* One button all along, which is never disabled once it was pressed: the keyboard stays on it. */}
        <button
          className="button primary"
          type="button"
          disabled={isBefore && (effects === undefined || wallet.isElsewhere || wallet.address === undefined)}
          aria-disabled={isUnderWay}
          onKeyDown={(event) => event.repeat && event.preventDefault()}
          onClick={() => {
            if (isOver) onClose();
            else if (!isUnderWay) void confirm();
          }}
        >
          {isOver ? 'Close' : progress.at === 'failed' ? 'Try again' : title}
        </button>
      </div>
    </>
  );
}

/** Not while it is under way or done, and not once anything of it was sent: it would be sent again. */
function mayConfirm(progress: Progress): boolean {
  return progress.at === 'review' || (progress.at === 'failed' && progress.mayTryAgain);
}

function Steps({ progress }: { progress: Progress }) {
  if (progress.at === 'review') return null;
  const names = Object.keys(steps) as (keyof typeof steps)[];
  const now =
    progress.at === 'done' ? names.length : names.indexOf(progress.at === 'failed' ? progress.step : progress.at);
  const stateOf = (index: number): 'done' | 'failed' | 'now' | 'later' => {
    if (index < now) return 'done';
    if (index > now) return 'later';
    return progress.at === 'failed' ? 'failed' : 'now';
  };
  return (
    <ol className="steps" aria-live="polite">
      {names.map((name, index) => {
        const state = stateOf(index);
        return (
          <li key={name} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            {state === 'now' ? (
              <span className="spinner" />
            ) : (
              <Icon name={state === 'done' ? 'check' : state === 'failed' ? 'cross' : 'down'} size={16} />
            )}
            {steps[name]}
          </li>
        );
      })}
    </ol>
  );
}

function Failure({ error, hash }: { error: unknown; hash: string | undefined }) {
  const { message, hints } = wordsOf(error);
  return (
    <div className="callout bad" role="alert">
      {message}
      {hints.length > 0 && (
        <ul>
          {hints.map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ul>
      )}
      <Sent hash={hash} />
    </div>
  );
}

function Sent({ hash }: { hash: string | undefined }) {
  if (hash === undefined) return null;
  return (
    <div>
      Transaction <Copyable value={hash} label="transaction" />
    </div>
  );
}
