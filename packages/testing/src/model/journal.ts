/** A map whose writes are undone when the work that they belong to fails. Its values are never written to. */
export type Table<Key, Value> = {
  readonly get: (key: Key) => Value | undefined;
  readonly has: (key: Key) => boolean;
  readonly set: (key: Key, value: Value) => void;
  readonly delete: (key: Key) => void;
  readonly keys: () => readonly Key[];
  readonly values: () => readonly Value[];
  readonly entries: () => readonly (readonly [Key, Value])[];
};

export type Journal = {
  readonly table: <Key, Value>() => Table<Key, Value>;
  /** Runs `work`; where it throws, every table is as it was before. */
  readonly attempt: <Result>(work: () => Result) => Result;
  /** What was done so far stays done. */
  readonly commit: () => void;
};

/** How a chain forgets a call that reverts, and only that call. */
export function createJournal(): Journal {
  const undo: (() => void)[] = [];
  return {
    table<Key, Value>(): Table<Key, Value> {
      const map = new Map<Key, Value>();
      const remember = (key: Key) => {
        const [had, before] = [map.has(key), map.get(key)];
        undo.push(() => (had ? void map.set(key, before as Value) : void map.delete(key)));
      };
      return {
        get: (key) => map.get(key),
        has: (key) => map.has(key),
        set(key, value) {
          remember(key);
          map.set(key, value);
        },
        delete(key) {
          remember(key);
          map.delete(key);
        },
        keys: () => [...map.keys()],
        values: () => [...map.values()],
        entries: () => [...map.entries()],
      };
    },
    attempt(work) {
      const mark = undo.length;
      try {
        return work();
      } catch (error) {
        while (undo.length > mark) undo.pop()!();
        throw error;
      }
    },
    commit() {
      undo.length = 0;
    },
  };
}
