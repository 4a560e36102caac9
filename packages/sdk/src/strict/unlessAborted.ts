/** What `work` comes to; as soon as the signal is aborted, its reason. The work goes on. */
export function unlessAborted<result>(work: Promise<result>, signal: AbortSignal): Promise<result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    const stay = (): void => signal.removeEventListener('abort', leave);
    work.then(resolve, reject).then(stay, stay);
  });
}
