import { BaseError, isSameAddress, type Address, type Hex } from '@kedge/core';
import type { TokenView } from '@kedge/sdk';
import { recipientOf } from '../accounts/recipient.js';
import { resolveAccount, roleAccount, type SigningAccount } from '../accounts/resolveAccount.js';
import { developmentChainId, roles, type Role } from '../accounts/roles.js';
import { connect, type Connection } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { earningLineage, type LineageEdge } from '../chain/earningLineage.js';
import { doEach, sayUndone } from '../chain/doEach.js';
import { notAllPaid } from '../chain/notAllPaid.js';
import { assetOption, type Asset } from '../chain/readAsset.js';
import { readAssets } from '../chain/readAssets.js';
import { readTokens } from '../chain/readTokens.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanAmount } from '../human.js';
import { listOption, parseInteger, textOption } from '../parse.js';

type Payment = {
  readonly kind: 'royalty' | 'share' | 'cut';
  readonly asset: Asset;
  readonly amount: bigint;
  readonly to: string;
  readonly tokenId?: bigint;
  readonly classId?: bigint;
  readonly transactionHash: Hex;
};

export const claim: Command = {
  name: 'claim',
  summary: 'pay out what shares earned and what operators are owed',
  description:
    'Collects the royalties that reach the classes of your tokens, over all levels, pays what your tokens earned and have not yet ' +
    'received, and withdraws what you are owed as an operator. On the local chain it does so for every role, unless ' +
    '--account names one. You may have another address paid with --to; for tokens of others nobody can. Claiming twice pays once; waiting costs nothing.',
  arguments: [],
  options: [
    { flags: '--token <tokenId>', summary: 'only this token; may be repeated', repeatable: true },
    {
      flags: '--to <account>',
      summary: 'who is paid in your place: an address, or a role on the local chain',
    },
    { flags: '--asset <address>', summary: 'only this asset (ETH or an ERC-20 token); without it all' },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge claim', summary: 'everything that can be paid' },
    { command: 'kedge claim --account alice --asset ETH', summary: 'the ETH of one account' },
    {
      command: 'kedge claim --account alice --to 0x90F79bf6EB2c4f870365E785982E1f101E93b906',
      summary: 'all of it to another address, as only the owner can',
    },
  ],
  run: async (context) => {
    const connection = await connect(context);
    const only = listOption(context, 'token').map((text) => parseInteger(text, '--token'));
    const assetText = textOption(context, 'asset');
    const assets = assetText === undefined ? await readAssets(connection) : [await assetOption(connection, assetText)];
    const signers = await signersOf(context, connection);
    const toText = textOption(context, 'to');
    const to = toText === undefined ? undefined : recipientOf(toText, connection.chainId, '--to');
    const tokens = await tokensOf(connection, signers, only);
    if (to !== undefined) requireOwn(tokens, signers);
    const shares = tokens.filter(({ shareRatio }) => shareRatio > 0n);
    const edges = await earningLineage(connection, new Set(shares.map(({ classId }) => classId)));
    const { done: paid, undone: unpaid } = await doEach(assets, async function* (asset) {
      yield* collectRoyalties(context, connection, { asset, edges, signer: signers[0]! });
      yield* claimShares(context, connection, { asset, tokens, signers, only, to });
      if (only.length === 0) yield* withdrawCuts(context, connection, { asset, signers, to });
    });
    const written = {
      paid: paid.map((payment) => ({ ...payment, asset: payment.asset.address })),
      unpaid: unpaid.map(({ item, error }) => ({ asset: item.address, reason: error.shortMessage })),
    };
    const none = unpaid.length === 0 ? 'nothing to claim' : 'nothing was paid';
    context.output.result(written, () => (paid.length === 0 ? none : paid.map(describePayment)));
    return sayUndone(context, unpaid.map(notAllPaid));
  },
};

async function signersOf(context: Context, { chainId }: Connection): Promise<SigningAccount[]> {
  if (chainId !== developmentChainId || textOption(context, 'account') !== undefined) {
    return [await resolveAccount(context, chainId, 'contributor')];
  }
  return (Object.keys(roles) as Role[]).map(roleAccount);
}

/** The tokens that are named, else all that the signers hold: what a share earned before it was retired is due all the same (L7). */
async function tokensOf(
  connection: Connection,
  signers: readonly SigningAccount[],
  only: readonly bigint[],
): Promise<TokenView[]> {
  if (only.length > 0) return Promise.all(only.map((tokenId) => connection.client.getToken({ tokenId })));
  const all = await readTokens(connection);
  return all.filter(({ holder }) => signers.some(({ account }) => isSameAddress(account.address, holder)));
}

/** A royalty becomes the parent's revenue when it is collected (R19); anyone may collect it. */
async function* collectRoyalties(
  context: Context,
  connection: Connection,
  { asset, edges, signer }: { asset: Asset; edges: readonly LineageEdge[]; signer: SigningAccount },
): AsyncGenerator<Payment> {
  const { write } = createWriter(context, connection, signer);
  for (const { classId, parentIndex } of edges) {
    const { royaltiesDue } = await connection.client.getRevenue({ classId, asset: asset.address });
    const { parentId, amount: due } = royaltiesDue[parentIndex]!;
    if (due === 0n) continue;
    const edge = { classId, parentIndex: BigInt(parentIndex), asset: asset.address };
    const { amount, transactionHash } = await write('collect a royalty', (client) => client.collectRoyalty(edge));
    yield { kind: 'royalty', asset, amount, to: `class ${parentId}`, classId, transactionHash };
  }
}

async function* claimShares(
  context: Context,
  connection: Connection,
  {
    asset,
    tokens,
    signers,
    only,
    to,
  }: {
    asset: Asset;
    tokens: readonly TokenView[];
    signers: readonly SigningAccount[];
    only: readonly bigint[];
    to: Address | undefined;
  },
): AsyncGenerator<Payment> {
  for (const { tokenId, classId } of tokens) {
    const { pendingRevenue, holder } = await connection.client.getToken({ tokenId, asset: asset.address });
    if (pendingRevenue === 0n) continue;
    const own = signers.find(({ account }) => isSameAddress(account.address, holder));
    if (own === undefined && only.length === 0) continue;
    // Anyone may pay a holder. On the local chain the deployer does: the operator's account is the gateway's, too.
    const signer = to === undefined || own === undefined ? signers[0]! : own;
    const { write } = createWriter(context, connection, signer);
    const terms = { tokenId, asset: asset.address, to: to ?? holder };
    const { amount, transactionHash } = await write('claim', (client) => client.claim(terms));
    yield { kind: 'share', asset, amount, to: to ?? own?.label ?? holder, tokenId, classId, transactionHash };
  }
}

/** Only who holds a token says where its revenue goes: found out before anything is paid. */
function requireOwn(tokens: readonly TokenView[], signers: readonly SigningAccount[]): void {
  for (const { tokenId, holder } of tokens) {
    if (signers.some(({ account }) => isSameAddress(account.address, holder))) continue;
    throw new BaseError(`Token ${tokenId} is not yours, so only its holder can be paid.`, {
      code: 'not_holder',
      values: { tokenId, holder },
      hints: ['Leave --to out, or sign with its holder: --account <name>.'],
    });
  }
}

async function* withdrawCuts(
  context: Context,
  connection: Connection,
  { asset, signers, to }: { asset: Asset; signers: readonly SigningAccount[]; to: Address | undefined },
): AsyncGenerator<Payment> {
  for (const signer of signers) {
    const { address } = signer.account;
    if ((await connection.client.getOwed({ account: address, asset: asset.address })) === 0n) continue;
    const { write } = createWriter(context, connection, signer);
    const { amount, transactionHash } = await write('withdraw', (client) =>
      client.withdraw({ asset: asset.address, to: to ?? address }),
    );
    yield { kind: 'cut', asset, amount, to: to ?? signer.label, transactionHash };
  }
}

function describePayment({ kind, asset, amount, to, tokenId, classId }: Payment): string {
  const sum = `${humanAmount(amount, asset.decimals)} ${asset.symbol}`;
  if (kind === 'royalty') return `${sum}  royalty of class ${classId} to ${to}`;
  if (kind === 'share') return `${sum}  share of class ${classId} (token ${tokenId}) to ${to}`;
  return `${sum}  operator's cut to ${to}`;
}
