import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Port } from './createLink.js';

/** The channel to the process that started this one. */
export function portToParent(): Port {
  return portOf(process as unknown as Sender, (closed) => void process.once('disconnect', closed));
}

/**
 * The channel to a child, which is closed when the child has ended and all that it sent has been read. Node itself does not
 * always say so: where a connection was on its way to the child, it waits for the child's word on it for ever.
 */
export function portToChild(child: ChildProcess): Port {
  const whenRead = (then: () => void): void => {
    if (child.connected) setImmediate(() => whenRead(then));
    else then();
  };
  return portOf(child, (closed) => {
    child.once('exit', () => whenRead(closed));
    // One that could not be started at all does not end.
    child.once('error', () => child.pid === undefined && closed());
  });
}

type Sender = Pick<ChildProcess, 'on' | 'send'>;

function portOf(other: Sender, onClosed: Port['onClosed']): Port {
  return {
    send: (message, socket) => {
      // Told by the callback, a failure is not thrown: that the other side has ended is learned otherwise. A connection stays
      // open here, too, so that it can be closed if it never arrives.
      other.send(message, socket, { keepOpen: true }, () => undefined);
    },
    onMessage: (take) => {
      other.on('message', (message, handle) => take(message as object, handle as Socket | undefined));
    },
    onClosed,
  };
}
