// The floor of a transaction (docs/reference/gas.md): 21,000 + calldata (4 a zero byte, 16 another) + what the state costs at
// least (cold read 2,100; cold write 0 -> x 22,100, x -> y 5,000; log 375 + 375 a topic + 8 a byte; first use of another
// account 2,600; a value transfer to a known account 100 + 9,000 - 2,300; ecrecover 100 + 3,000; a transient access 100).
// Opcodes, ABI decoding, hashing and dispatch are overhead.

/**
 * What a transaction must cost if code were free.
 * @param data Its calldata, as hex.
 * @param state How many slots it writes for the first time (`fresh`), writes again (`updated`), reads, and clears; logs as
 * [topics, bytes]; and so on.
 */
export function floorOf(data, state) {
  const calldata = calldataGas(data);
  const spent = 21_000 + calldata.standard + stateGas(state);
  const refund = Math.min(4_800 * (state.cleared ?? 0), Math.floor(spent / 5));
  return Math.max(spent - refund, 21_000 + calldata.floor);
}

/** By EIP-2028, and the floor of EIP-7623. */
function calldataGas(data) {
  const bytes = data.slice(2).match(/../g) ?? [];
  const zero = bytes.filter((byte) => byte === '00').length;
  const rest = bytes.length - zero;
  return { standard: 4 * zero + 16 * rest, floor: 10 * (zero + 4 * rest) };
}

function stateGas(state) {
  const {
    fresh = 0,
    updated = 0,
    read = 0,
    transient = 0,
    logs = [],
    accounts: cold = 0,
    valueCalls = 0,
    recovers = 0,
  } = state;
  const logGas = logs.reduce((sum, [topics, bytes]) => sum + 375 + 375 * topics + 8 * bytes, 0);
  return (
    22_100 * fresh +
    5_000 * updated +
    2_100 * read +
    100 * transient +
    logGas +
    2_600 * cold +
    6_800 * valueCalls +
    3_100 * recovers
  );
}
