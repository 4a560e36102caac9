import { BaseError, isSameAddress, operatorBondAbi, type Address, type Hex } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import { roleAccount, roleOfAddress, type SigningAccount } from '../accounts/resolveAccount.js';
import { developmentChainId } from '../accounts/roles.js';
import { bondAssetOf, bondAssetOption } from '../chain/bondAsset.js';
import { connect, type Connection } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { readChannel } from '../chain/readChannels.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanAmount } from '../human.js';
import { argument, parseChannelId } from '../parse.js';

export const bondPay: Command = {
  name: 'bond pay',
  summary: 'pay out a proven fraud once its window has ended',
  description:
    'Credits the holder and the reporter of a channel whose operator was proven to have signed two receipts with one ' +
    'number, burns what nobody has a claim to, and pays out what is due to you. Anyone may do so, after the window. What is ' +
    'done already is passed over, so a run that broke off is run again.',
  arguments: [{ name: 'channelId', summary: 'the channel of the proof' }],
  options: [bondAssetOption, ...accountOptions],
  examples: [
    {
      command: 'kedge bond pay 0x433d1369398457eb703ec53640472a9fb1c75f8372d88fba0840ebc1d70ba450',
      summary: 'with the id that kedge prove-fraud printed',
    },
  ],
  run: async (context) => {
    const channelId = parseChannelId(argument(context, 0));
    const connection = await connect(context);
    const asset = await bondAssetOf(context, connection, await readChannel(connection, channelId));
    const address = connection.contracts.OperatorBond;
    if (address === undefined) {
      throw new BaseError(`The deployment on chain ${connection.chainId} has no OperatorBond.`, {
        code: 'contract_missing',
        hints: ['Deploy the contracts anew: kedge deploy --rpc URL --json'],
      });
    }
    const bond = { address, abi: operatorBondAbi } as const;
    const { publicClient } = connection.client;
    const proof = await publicClient.readContract({
      ...bond,
      functionName: 'proofOf',
      args: [asset.address, channelId],
    });
    const { signer, write } = await resolveWriter(context, connection, 'consumer');
    const terms = { channelId, asset: asset.address };
    // Once paid it cannot be paid again, and what is due can still be withdrawn.
    const paid = proof.paid
      ? await paidBefore(connection, address, terms)
      : await write('pay for the fraud', (client) => client.payFraud(terms));
    const { operator, window } = proof;
    const slash = await publicClient.readContract({
      ...bond,
      functionName: 'windowOf',
      args: [operator, asset.address, window],
    });
    const burn = { operator, asset: asset.address, window };
    const burned = slash.burned ? 0n : (await write('burn the rest', (client) => client.burnSlashed(burn))).amount;
    for (const own of ownSigners(signer, connection.chainId, [paid.holder, paid.reporter])) {
      const args = [own.account.address, asset.address] as const;
      if ((await publicClient.readContract({ ...bond, functionName: 'owedTo', args })) === 0n) continue;
      const writer = createWriter(context, connection, own);
      await writer.write('withdraw', (client) => client.withdrawBondDues({ asset: asset.address }));
    }
    const { holder, holderAmount, reporter, reporterAmount, transactionHash } = paid;
    const sum = (amount: bigint) => `${humanAmount(amount, asset.decimals)} ${asset.name}`;
    context.output.result(
      { channelId, asset: asset.address, holder, holderAmount, reporter, reporterAmount, burned, transactionHash },
      () => [
        ...(proof.paid ? ['this was paid before:'] : []),
        `${sum(holderAmount)} to the holder ${holder}`,
        `${sum(reporterAmount)} to the reporter ${reporter}`,
        `${sum(burned)} burned`,
      ],
    );
  },
};

type Terms = { readonly channelId: Hex; readonly asset: Address };

/** What an earlier run, or anybody, paid for the fraud. */
async function paidBefore({ client }: Connection, address: Address, { channelId, asset }: Terms) {
  const events = await readEvents(client.publicClient, {
    address,
    abi: operatorBondAbi,
    eventName: 'FraudPaid',
    args: { channelId, asset },
    fromBlock: firstBlockOf(client.deployment),
  });
  const [event] = events;
  if (event !== undefined) return { ...event.args, transactionHash: event.transactionHash };
  throw new BaseError('The fraud was paid, and the chain does not show the event of it.', {
    code: 'event_missing',
    values: { channelId, asset },
    hints: ['Ask a node that keeps all events: --rpc URL'],
  });
}

/** Those of the recipients whom this command can sign for: on the local chain every role, elsewhere the account. */
function ownSigners(signer: SigningAccount, chainId: number, recipients: readonly `0x${string}`[]): SigningAccount[] {
  const distinct = recipients.filter(
    (address, index) => recipients.findIndex((other) => isSameAddress(other, address)) === index,
  );
  return distinct.flatMap((address) => {
    if (isSameAddress(address, signer.account.address)) return [signer];
    const role = chainId === developmentChainId ? roleOfAddress(address) : undefined;
    return role === undefined ? [] : [roleAccount(role)];
  });
}
