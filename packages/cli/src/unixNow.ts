/** The time of this machine, in whole Unix seconds. */
export const unixNow = (): bigint => BigInt(Math.floor(Date.now() / 1000));
