/**
 * For `catch`: throws the error on with the path that the user knows. Node names none where a file that it opened cannot be
 * filled or read, and for a draft the draft's.
 */
export function namingFile(path: string): (error: unknown) => never {
  return (error) => {
    throw Object.assign(error as Error, { path });
  };
}
