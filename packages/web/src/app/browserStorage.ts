/** What this browser keeps for the page; undefined where it is told to keep nothing, and throws when asked. */
export function browserStorage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
