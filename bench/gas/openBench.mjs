import { setTimeout } from 'node:timers/promises';
import {
  concat,
  createTestClient,
  encodeAbiParameters,
  encodeFunctionData,
  http,
  publicActions,
  walletActions,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { floorOf } from './floor.mjs';

const mnemonic = 'test test test test test test test test test test test junk'; // anvil's public development mnemonic

/** One of anvil's development accounts, or one beyond them, which has no ETH. */
export const accountAt = (addressIndex) => mnemonicToAccount(mnemonic, { addressIndex });
export const [issuer, operator, holder, other, contributor] = Array.from({ length: 5 }, (_, index) => accountAt(index));

/** A local chain on which transactions are sent one by one, and the rows of what they cost. */
export function openBench(rpcUrl) {
  const chain = createTestClient({ mode: 'anvil', chain: foundry, transport: http(rpcUrl), pollingInterval: 5 })
    .extend(publicActions)
    .extend(walletActions);
  const rows = [];

  /** Asks until it is there. viem's own waiting looks again at the next block, and this chain makes none without a call. */
  async function receiptOf(hash) {
    for (;;) {
      const receipt = await chain.request({ method: 'eth_getTransactionReceipt', params: [hash] });
      if (receipt) return { ...receipt, status: receipt.status === '0x1' ? 'success' : 'reverted' };
      await setTimeout(2);
    }
  }

  async function send(account, to, data, value = 0n) {
    const hash = await chain.sendTransaction({ account, to, data, value, gas: 20_000_000n });
    const receipt = await receiptOf(hash);
    if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`);
    return { receipt, data };
  }

  /** The address of a new contract, with its constructor's arguments. */
  async function deploy(bytecode, types = [], values = []) {
    const parameters = types.map((type) => ({ type }));
    const data = types.length === 0 ? bytecode : concat([bytecode, encodeAbiParameters(parameters, values)]);
    const hash = await chain.sendTransaction({ account: issuer, data, gas: 20_000_000n });
    return (await receiptOf(hash)).contractAddress;
  }

  return {
    chain,
    rows,
    send,
    deploy,
    /** Calls a contract's functions by name. */
    caller: (address, abi) => (account, functionName, args, value) =>
      send(account, address, encodeFunctionData({ abi, functionName, args }), value),
    /** Adds the row of a transaction, with the floor of what it must touch, and what peers take for the same. */
    record: (operation, { receipt, data }, state, peers = {}) => {
      rows.push({ operation, gas: Number(receipt.gasUsed), floor: floorOf(data, state), ...peers });
    },
  };
}

/** The gas that a transaction took. */
export const gasOf = async (sent) => Number((await sent).receipt.gasUsed);
