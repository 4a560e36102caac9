/** Types of records in the log and in checkpoints. A number is never given a second meaning; 255 is the log's own group. */
export const recordTypes = {
  header: 1,
  epoch: 2,
  batch: 3,
  transaction: 4,
  transactionEnd: 5,
  answer: 6,
  voucher: 7,
  progress: 8,
  keyUse: 9,
  topUp: 10,
  // In checkpoints only: what many records of the log come to.
  account: 11,
  answerPlace: 12,
  unanchored: 13,
  end: 254,
} as const;
