/**
 * An error and what caused it, from the outermost in.
 *
 * @example
 * const isOut = causesOf(error).some(({ message }) => message.includes('ECONNREFUSED'));
 */
export function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && !causes.includes(cause); cause = cause.cause) causes.push(cause);
  return causes;
}
