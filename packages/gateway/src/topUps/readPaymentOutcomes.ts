import { type Address, channelDepositsAbi, channelFromAbi, isSameAddress } from '@kedge/core';
import { parseAbi, type PublicClient } from 'viem';
import type { PaymentOutcome, SoughtPayment } from './depositChain.js';

const authorizationAbi = parseAbi(['event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)']);

/** What came of payments, in their order: two queries, however many they are. */
export async function readPaymentOutcomes(
  client: PublicClient,
  deposits: Address,
  sought: readonly SoughtPayment[],
): Promise<readonly PaymentOutcome[]> {
  const fromBlock = sought.map((one) => one.fromBlock).reduce((least, block) => (block < least ? block : least));
  const [sweeps, uses] = await Promise.all([
    client.getContractEvents({
      address: deposits,
      abi: channelDepositsAbi,
      eventName: 'DepositSwept',
      args: { deposit: sought.map((one) => one.deposit) },
      fromBlock,
      strict: true,
    }),
    client.getContractEvents({
      address: sought.map((one) => one.asset),
      abi: authorizationAbi,
      eventName: 'AuthorizationUsed',
      args: {
        authorizer: sought.map((one) => one.payment.from),
        nonce: sought.map((one) => one.payment.nonce),
      },
      fromBlock,
      strict: true,
    }),
  ]);
  return sought.map(({ payment, deposit, asset, fromBlock: from }) => ({
    paidIn: uses.find(
      ({ address, args, blockNumber }) =>
        blockNumber >= from &&
        isSameAddress(address, asset) &&
        isSameAddress(args.authorizer, payment.from) &&
        args.nonce === payment.nonce,
    )?.transactionHash,
    swept: sweeps
      .filter(({ args, blockNumber }) => blockNumber >= from && isSameAddress(args.deposit, deposit))
      .map(({ args, transactionHash }) => ({
        channelId: args.channelId,
        channel: channelFromAbi(args.channel),
        spent: args.spent,
        transaction: transactionHash,
      })),
  }));
}
