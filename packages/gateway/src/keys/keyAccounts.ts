/** What one API key with terms of its own has spent. */
export type KeyAccount = {
  readonly apiKeySha256: string;
  committedUnits: bigint;
  /** Worst cases of its calls that are running. */
  reservedUnits: bigint;
};

export type KeyAccounts = {
  readonly accountOf: (apiKeySha256: string) => KeyAccount;
  readonly recover: (payload: Buffer) => void;
  /** What each has spent, by its SHA-256. */
  readonly all: () => ReadonlyMap<string, bigint>;
};

/** Accounts of keys, recovered from the log, where each call's use is written in one flush with its receipt. */
export function createKeyAccounts(): KeyAccounts {
  const accounts = new Map<string, KeyAccount>();
  const accountOf = (apiKeySha256: string): KeyAccount => {
    let account = accounts.get(apiKeySha256);
    if (account === undefined) {
      accounts.set(apiKeySha256, (account = { apiKeySha256, committedUnits: 0n, reservedUnits: 0n }));
    }
    return account;
  };
  return {
    accountOf,
    recover: (payload) => {
      accountOf(payload.toString('hex', 0, 32)).committedUnits += payload.readBigUInt64BE(32);
    },
    all: () => new Map([...accounts].map(([key, { committedUnits }]) => [key, committedUnits])),
  };
}

/** The record's payload: [SHA-256 of the key | units u64]. */
export function encodeKeyUse(apiKeySha256: string, units: bigint): Uint8Array {
  const payload = Buffer.alloc(40);
  payload.write(apiKeySha256, 'hex');
  payload.writeBigUInt64BE(units, 32);
  return payload;
}
