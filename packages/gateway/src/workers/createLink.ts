import type { Socket } from 'node:net';
import { BaseError, type BaseErrorOptions } from '@kedge/core';
import { reasonOf } from '../structuredLog.js';

/** What one side of a link does for the other. Arguments and results are copied; a connection may come with an argument. */
export type Procedures = { readonly [name: string]: (argument: never, socket?: Socket) => unknown };

/** The other side of a link. */
export type Link<theirs extends Procedures> = {
  /** @throws what the other side threw; BaseError 503 `process_lost` when it ends before it answers. */
  readonly call: <name extends keyof theirs & string>(
    name: name,
    argument: Parameters<theirs[name]>[0],
    socket?: Socket,
  ) => Promise<Awaited<ReturnType<theirs[name]>>>;
  /** Without an answer, whatever becomes of it. */
  readonly tell: <name extends keyof theirs & string>(name: name, argument: Parameters<theirs[name]>[0]) => void;
  /** What the other side has asked for so far is done, as far as it is of the procedures that are awaited. */
  readonly idle: () => Promise<void>;
};

/** A channel between two processes, on which messages arrive in order. */
export type Port = {
  readonly send: (message: object, socket: Socket | undefined) => void;
  readonly onMessage: (take: (message: object, socket: Socket | undefined) => void) => void;
  /** After the last message. */
  readonly onClosed: (closed: () => void) => void;
};

type Message =
  | { readonly ask: string; readonly id?: number; readonly argument: unknown }
  | { readonly done: number; readonly result: unknown }
  | { readonly failed: number; readonly error: ErrorText };

type ErrorText = BaseErrorOptions & { readonly message: string };

/** Calls between two processes of one gateway. */
export function createLink<theirs extends Procedures>(
  port: Port,
  ours: Procedures,
  awaited: ReadonlySet<string> = new Set(),
): Link<theirs> {
  const waiting = new Map<
    number,
    { readonly resolve: (result: never) => void; readonly reject: (error: unknown) => void }
  >();
  const working = new Set<Promise<void>>();
  let lastId = 0;
  let isClosed = false;

  const work = async (name: string, argument: unknown, socket: Socket | undefined): Promise<unknown> => {
    const procedure = ours[name] as ((argument: unknown, socket?: Socket) => unknown) | undefined;
    if (procedure === undefined) throw new Error(`There is no ${name} on this side.`);
    return procedure(argument, socket);
  };

  port.onMessage((received, socket) => {
    const message = received as Message;
    if ('ask' in message) {
      const { id } = message;
      const answer = work(message.ask, message.argument, socket).then(
        (result) => id !== undefined && port.send({ done: id, result }, undefined),
        (error: unknown) => {
          if (id !== undefined) port.send({ failed: id, error: textOf(error) }, undefined);
        },
      );
      if (!awaited.has(message.ask)) return;
      const ended: Promise<void> = answer.then(() => void working.delete(ended));
      working.add(ended);
      return;
    }
    const id = 'done' in message ? message.done : message.failed;
    const call = waiting.get(id);
    waiting.delete(id);
    if ('done' in message) call?.resolve(message.result as never);
    else call?.reject(errorOf(message.error));
  });
  port.onClosed(() => {
    isClosed = true;
    for (const { reject } of waiting.values()) reject(processLost());
    waiting.clear();
  });

  return {
    call: (name, argument, socket) => {
      if (isClosed) return Promise.reject(processLost());
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        port.send({ ask: name, id, argument }, socket);
      });
    },
    tell: (name, argument) => {
      if (!isClosed) port.send({ ask: name, argument }, undefined);
    },
    idle: async () => {
      while (working.size > 0) await Promise.allSettled(working);
    },
  };
}

function textOf(error: unknown): ErrorText {
  if (!(error instanceof BaseError)) return { message: reasonOf(error) };
  const { shortMessage: message, hints, kind, values, code, status } = error;
  return {
    message,
    hints,
    kind,
    values,
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
  };
}

function errorOf({ message, ...options }: ErrorText): Error {
  return options.kind === undefined ? new Error(message) : new BaseError(message, options);
}

function processLost(): BaseError {
  return new BaseError('The process of the gateway that was asked has ended.', {
    code: 'process_lost',
    status: 503,
    kind: 'transient',
    values: { retryAfterSeconds: 1 },
    hints: ['Try again in a moment, with the same Idempotency-Key if it had one: it is charged once.'],
  });
}
