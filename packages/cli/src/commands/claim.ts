import { BaseError, isSameAddress, type Address, type Hex } from '@kedge/core';
import type { RoyaltyEdge, TokenView } from '@kedge/sdk';
import { recipientOf } from '../accounts/recipient.js';
import { resolveAccount, roleAccount, type SigningAccount } from '../accounts/resolveAccount.js';
import { developmentChainId, roles, type Role } from '../accounts/roles.js';
import { connect, type Connection } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { earningLineage, type LineageEdge } from '../chain/earningLineage.js';
import { doEach, sayUndone, throughAll } from '../chain/doEach.js';
import { batchesOf, doTogether } from '../chain/doTogether.js';
import { notAllPaid } from '../chain/notAllPaid.js';
import { gasOfPayments } from '../chain/payableAssets.js';
import { assetOption, type Asset } from '../chain/readAsset.js';
import { assetsIn, readClassAssets, readDebts } from '../chain/readAssets.js';
import { readTokensOf } from '../chain/readTokens.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanAmount } from '../human.js';
import { listOption, parseInteger, textOption } from '../parse.js';

type Payment = {
  readonly kind: 'royalty' | 'share' | 'owed';
  readonly asset: Asset;
  readonly amount: bigint;
  readonly to: string;
  readonly tokenId?: bigint;
  readonly classId?: bigint;
  readonly transactionHash: Hex;
};

export const claim: Command = {
  name: 'claim',
  summary: 'pay out what shares earned and what accounts are owed',
  description:
    'Collects the royalties that reach the classes of your tokens, over all levels, pays what your tokens earned and have not yet ' +
    'received, and withdraws what you are owed: the cut of an operator, revenue of a beneficiary, and what was paid for a ' +
    'token that was revoked. On the local chain it does so for every role, unless ' +
    '--account names one. You may have another address paid with --to; for tokens of others nobody can. Up to 64 royalties, ' +
    'or tokens of one holder, go into one transaction, and what is refused keeps nothing else back. Claiming twice pays once; waiting costs nothing.',
  arguments: [],
  options: [
    { flags: '--token <tokenId>', summary: 'only this token', repeatable: true },
    {
      flags: '--to <account>',
      summary: 'who is paid in your place: an address, or a role on the local chain',
    },
    {
      flags: '--asset <address>',
      summary: 'only this asset (ETH or an ERC-20 token); without it all but those whose transfers take very much gas',
    },
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
    const only = [...new Set(listOption(context, 'token').map((text) => parseInteger(text, '--token')))];
    const assetText = textOption(context, 'asset');
    const signers = await signersOf(context, connection);
    // What is named is paid at any price.
    const mostGas = assetText === undefined ? gasOfPayments : () => undefined;
    const toText = textOption(context, 'to');
    const to = toText === undefined ? undefined : recipientOf(toText, connection.chainId, '--to');
    const tokens = await tokensOf(connection, signers, only);
    if (to !== undefined) requireOwn(tokens, signers);
    const shares = tokens.filter(({ shareRatio }) => shareRatio > 0n);
    const edges = await earningLineage(connection, new Set(shares.map(({ classId }) => classId)));
    const assets =
      assetText === undefined
        ? await assetsOf(connection, signers, [...tokens, ...edges])
        : [await assetOption(connection, assetText)];
    const signer = signers[0]!;
    const collected = await collectTogether(context, connection, { assets, edges, signer });
    const { silence } = collected;
    const { done, undone: unpaid } =
      silence === undefined
        ? await doEach(assets, (asset) =>
            throughAll(
              [
                // What was refused of them, and one alone.
                () => collectRoyalties(context, connection, { asset, edges, signer }),
                () => claimShares(context, connection, { asset, tokens, signers, only, to, mostGas }),
                () =>
                  withdrawOwed(context, connection, { asset, signers: only.length === 0 ? signers : [], to, mostGas }),
              ],
              (work) => work(),
            ),
          )
        : { done: [], undone: assets.map((item) => ({ item, error: silence })) };
    const paid = [...collected.paid, ...done];
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
  return readTokensOf(connection, addressesOf(signers));
}

/** In which something may be due: what the classes were paid in from which revenue reaches the signers, and what these are owed in. */
async function assetsOf(
  connection: Connection,
  signers: readonly SigningAccount[],
  reached: readonly { readonly classId: bigint }[],
): Promise<Asset[]> {
  const classIds = new Set(reached.map(({ classId }) => classId));
  const [paid, debts] = await Promise.all([
    readClassAssets(connection, [...classIds]),
    readDebts(connection, addressesOf(signers)),
  ]);
  return assetsIn(connection, [...paid.values(), new Set(debts.map(({ asset }) => asset))]);
}

const addressesOf = (signers: readonly SigningAccount[]): Address[] => signers.map(({ account }) => account.address);

/**
 * Collects the royalties of all assets, where there are several, with one transaction. An edge that is refused is left, and
 * tried alone later; `silence` is the chain's, if it does not answer.
 */
async function collectTogether(
  context: Context,
  connection: Connection,
  { assets, edges, signer }: { assets: readonly Asset[]; edges: readonly LineageEdge[]; signer: SigningAccount },
): Promise<{ readonly paid: readonly Payment[]; readonly silence: BaseError | undefined }> {
  const reached = (await Promise.all(assets.map((asset) => reachedEdges(connection, asset, edges)))).flat();
  const { write } = createWriter(context, connection, signer);
  const batches = reached.length > 1 ? batchesOf(reached) : [];
  const { done, undone } = await doEach(batches, async function* (batch): AsyncGenerator<Payment> {
    // A capture of nothing collects all the same, and each edge by itself.
    const { royalties, transactionHash } = await write('collect royalties', (client) =>
      client.capture({ items: [], edges: batch }),
    );
    for (const { classId, parentId, asset: address, amount } of royalties) {
      const asset = assets.find((one) => isSameAddress(one.address, address))!;
      yield { kind: 'royalty', asset, amount, to: `class ${parentId}`, classId, transactionHash };
    }
  });
  return { paid: done, silence: undone.find(({ error }) => error.kind === 'transient')?.error };
}

/** The edges on which something is due, or will be once those before them are collected. */
async function reachedEdges(
  { client }: Connection,
  { address: asset }: Asset,
  edges: readonly LineageEdge[],
): Promise<RoyaltyEdge[]> {
  const revenues = await Promise.all(edges.map(({ classId }) => client.getRevenue({ classId, asset })));
  const fed = new Set<bigint>();
  return edges.flatMap(({ classId, parentIndex }, index) => {
    const { parentId, amount } = revenues[index]!.royaltiesDue[parentIndex]!;
    if (amount === 0n && !fed.has(classId)) return [];
    fed.add(parentId);
    return [{ classId, parentIndex: BigInt(parentIndex), asset }];
  });
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

type Payout = {
  readonly asset: Asset;
  readonly signers: readonly SigningAccount[];
  readonly to: Address | undefined;
  readonly mostGas: (transfers: number, tokens?: number) => bigint | undefined;
};

type Shares = Payout & { readonly tokens: readonly TokenView[]; readonly only: readonly bigint[] };

/** One account can be paid for all its tokens together. */
async function* claimShares(context: Context, connection: Connection, shares: Shares): AsyncGenerator<Payment> {
  const { asset, tokens, signers, only } = shares;
  const due = new Map<Address, TokenView[]>();
  for (const token of await Promise.all(tokens.map(({ tokenId }) => tokenIn(connection, tokenId, asset)))) {
    const { holder, pendingRevenue } = token;
    if (pendingRevenue === 0n || (only.length === 0 && signerOf(signers, holder) === undefined)) continue;
    due.set(holder, [...(due.get(holder) ?? []), token]);
  }
  yield* throughAll([...due], ([holder, held]) => payHolder(context, connection, shares, holder, held));
}

function payHolder(
  context: Context,
  connection: Connection,
  { asset, signers, to, mostGas }: Shares,
  holder: Address,
  held: readonly TokenView[],
): AsyncGenerator<Payment> {
  const own = signerOf(signers, holder);
  // Anyone may pay a holder. On the local chain the deployer does: the operator's account is the gateway's, too.
  const { write } = createWriter(context, connection, to === undefined || own === undefined ? signers[0]! : own);
  const terms = { asset: asset.address, to: to ?? holder };
  const payment = { kind: 'share', asset, to: to ?? own?.label ?? holder } as const;
  const together = async (some: readonly TokenView[]): Promise<Payment[]> => {
    const tokenIds = some.map(({ tokenId }) => tokenId);
    const { claims, transactionHash } = await write(
      'claim',
      (client) => client.claimBatch({ tokenIds, ...terms }),
      mostGas(1, some.length),
    );
    return claims.map((claimed, at) => ({ ...payment, ...claimed, classId: some[at]!.classId, transactionHash }));
  };
  return doTogether(held, together, async function* ({ tokenId, classId }) {
    const { amount, transactionHash } = await write(
      'claim',
      (client) => client.claim({ tokenId, ...terms }),
      mostGas(1),
    );
    yield { ...payment, amount, tokenId, classId, transactionHash };
  });
}

function tokenIn({ client }: Connection, tokenId: bigint, { address }: Asset): Promise<TokenView> {
  return client.getToken({ tokenId, asset: address });
}

function signerOf(signers: readonly SigningAccount[], holder: Address): SigningAccount | undefined {
  return signers.find(({ account }) => isSameAddress(account.address, holder));
}

/** Only who holds a token says where its revenue goes: found out before anything is paid. */
function requireOwn(tokens: readonly TokenView[], signers: readonly SigningAccount[]): void {
  for (const { tokenId, holder } of tokens) {
    if (signerOf(signers, holder) !== undefined) continue;
    throw new BaseError(`Token ${tokenId} is not yours, so only its holder can be paid.`, {
      code: 'not_holder',
      values: { tokenId, holder },
      hints: ['Leave --to out, or sign with its holder: --account <name>.'],
    });
  }
}

async function* withdrawOwed(
  context: Context,
  connection: Connection,
  { asset, signers, to, mostGas }: Payout,
): AsyncGenerator<Payment> {
  for (const signer of signers) {
    const { address } = signer.account;
    if ((await connection.client.getOwed({ account: address, asset: asset.address })) === 0n) continue;
    const { write } = createWriter(context, connection, signer);
    const { amount, transactionHash } = await write(
      'withdraw',
      (client) => client.withdraw({ asset: asset.address, to: to ?? address }),
      mostGas(1),
    );
    yield { kind: 'owed', asset, amount, to: to ?? signer.label, transactionHash };
  }
}

function describePayment({ kind, asset, amount, to, tokenId, classId }: Payment): string {
  const sum = `${humanAmount(amount, asset.decimals)} ${asset.name}`;
  if (kind === 'royalty') return `${sum}  royalty of class ${classId} to ${to}`;
  if (kind === 'share') return `${sum}  share of class ${classId} (token ${tokenId}) to ${to}`;
  return `${sum}  owed, to ${to}`;
}
