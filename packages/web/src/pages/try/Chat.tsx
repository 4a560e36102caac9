import { useEffect, useRef, useState, type FormEvent } from 'react';
import { wordsOf } from '../../ui/ErrorState.js';
import { Icon } from '../../ui/icons.js';
import { ReceiptCard } from './ReceiptCard.js';
import type { Turn, useChat } from './useChat.js';

const suggestions = [
  'How are contributors paid?',
  'What is in a receipt?',
  'What happens when a client leaves in the middle of a stream?',
];

/** Questions, answers and their receipts. */
export function Chat({ chat, model, isReady }: { chat: ReturnType<typeof useChat>; model: string; isReady: boolean }) {
  const { turns, isBusy, ask, stop } = chat;
  const [draft, setDraft] = useState('');
  const log = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const { answer, call, error } = turns.at(-1) ?? {};
  const hasFailed = error !== undefined;
  useEffect(() => {
    if (answer !== undefined) end.current?.scrollIntoView({ block: 'nearest' });
  }, [answer, call, hasFailed]);
  const canAsk = isReady && !isBusy;
  const send = (question: string): void => {
    if (!canAsk || question.trim() === '') return;
    setDraft('');
    void ask(question.trim());
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send(draft);
  };
  return (
    <section className="card chat" aria-label="Chat">
      <div
        className="chat-log"
        ref={log}
        role="log"
        aria-live="polite"
        aria-busy={isBusy}
        tabIndex={0}
        aria-label="Conversation"
      >
        {turns.length === 0 && (
          <div className="notice">
            <span className="icon">
              <Icon name="send" size={22} />
            </span>
            <h2>Ask {model === '' ? 'the agent' : model}</h2>
            <p>
              It answers from documents that are anchored as a class; whoever contributed them earns from your question.
            </p>
            <div className="row">
              {suggestions.map((text) => (
                <button
                  key={text}
                  className="button"
                  type="button"
                  disabled={!canAsk}
                  onClick={() => {
                    // The button is gone then: the keyboard goes on from the answer.
                    log.current?.focus({ preventScroll: true });
                    send(text);
                  }}
                >
                  {text}
                </button>
              ))}
            </div>
          </div>
        )}
        {turns.map((turn) => (
          <Exchange key={turn.id} turn={turn} isBusy={isBusy && turn.id === turns.length - 1} />
        ))}
        <div ref={end} />
      </div>
      <form className="chat-form" onSubmit={submit}>
        <label className="visually-hidden" htmlFor="question">
          Your question
        </label>
        <textarea
          id="question"
          className="input"
          rows={2}
          value={draft}
          placeholder="Ask about Kedge"
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send(draft);
          }}
        />
        {isBusy ? (
          <button className="button" type="button" onClick={stop}>
            <Icon name="cross" /> Stop
          </button>
        ) : (
          <button className="button primary" type="submit" disabled={!canAsk || draft.trim() === ''}>
            <Icon name="send" /> Send
          </button>
        )}
      </form>
    </section>
  );
}

function Exchange({ turn, isBusy }: { turn: Turn; isBusy: boolean }) {
  const problem = turn.error === undefined ? undefined : wordsOf(turn.error);
  return (
    <article className="exchange">
      <p className="question">
        <span className="visually-hidden">You asked: </span>
        {turn.question}
      </p>
      {(turn.answer !== '' || isBusy) && (
        <div className="answer">
          {turn.answer}
          {isBusy && <span className="caret" aria-hidden="true" />}
        </div>
      )}
      {problem !== undefined && (
        <div className="callout bad" role="alert">
          <strong>{problem.message}</strong>
          {problem.hints.map((hint) => (
            <div key={hint}>{hint}</div>
          ))}
        </div>
      )}
      {turn.call !== undefined && (
        <ReceiptCard call={turn.call} checks={turn.checks} isLost={turn.error !== undefined} />
      )}
    </article>
  );
}
