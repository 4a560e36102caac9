import type { ReceiptCheck } from '@kedge/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useConfig } from '../../app/configContext.js';
import { useReader } from '../../wallet/useKedge.js';
import { checkUntilAnchored } from './checkUntilAnchored.js';
import { streamChat, type FinishedCall } from './streamChat.js';

/** A question, what came of it so far, and what its receipt is worth. */
export type Turn = {
  readonly id: number;
  readonly question: string;
  readonly answer: string;
  readonly call?: FinishedCall;
  readonly checks?: readonly ReceiptCheck[];
  readonly error?: unknown;
};

/** Turns were paid for: they outlive the page that they were made on, for as long as the dashboard is not loaded anew. */
const kept = { queryKey: ['chat'], enabled: false, initialData: [] as readonly Turn[], gcTime: Infinity } as const;

/** A chat whose every answer is paid for, and checked here. */
export function useChat(apiKey: string, model: string) {
  const { gatewayUrl, contentUrl } = useConfig();
  const client = useReader();
  const queries = useQueryClient();
  const { data: turns } = useQuery(kept);
  const [isBusy, setBusy] = useState(false);
  const running = useRef<AbortController | undefined>(undefined);
  // What nobody is there to read any more is not paid for.
  useEffect(() => () => running.current?.abort(), []);
  const setTurns = (change: (all: readonly Turn[]) => readonly Turn[]): void =>
    void queries.setQueryData<readonly Turn[]>(kept.queryKey, (all = []) => change(all));
  const update = (id: number, change: Partial<Turn>): void =>
    setTurns((all) => all.map((turn) => (turn.id === id ? { ...turn, ...change } : turn)));

  const check = async (call: FinishedCall, before: FinishedCall | undefined): Promise<ReceiptCheck[]> => {
    const { checkCall } = await import('./checkCall.js');
    return checkCall(call, before?.receipt, { client, contentUrl });
  };
  const ask = async (question: string): Promise<void> => {
    const id = turns.length;
    const abort = new AbortController();
    running.current = abort;
    setBusy(true);
    setTurns((all) => [...all, { id, question, answer: '' }]);
    const finished = turns.flatMap(({ call, ...turn }) => (call === undefined ? [] : [{ ...turn, call }]));
    const messages = [
      ...finished.flatMap((turn) => [
        { role: 'user', content: turn.question } as const,
        { role: 'assistant', content: turn.answer } as const,
      ]),
      { role: 'user', content: question } as const,
    ];
    try {
      const onText = (answer: string): void => update(id, { answer });
      const call = await streamChat({ gatewayUrl: gatewayUrl!, apiKey, model, messages, onText, signal: abort.signal });
      update(id, { answer: call.answer, call });
      const last = finished.at(-1)?.call;
      void checkUntilAnchored(
        () => check(call, last),
        (news) => update(id, news),
      );
    } catch (error) {
      update(id, { error: abort.signal.aborted ? new Error('Stopped. What had arrived is charged.') : error });
    } finally {
      setBusy(false);
    }
  };
  return { turns, isBusy, ask, stop: () => running.current?.abort() };
}
