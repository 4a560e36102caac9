import { BaseError, isBackedLot, isSameAddress, splitTokenId, type Address } from '@kedge/core';
import type { TokenView } from '@kedge/sdk';
import type { SigningAccount } from '../accounts/resolveAccount.js';
import { committedTokenOf } from '../chain/committedTokenOf.js';
import { connect, type Connection } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanMoment } from '../human.js';
import { argument, parseInteger, parseMoment } from '../parse.js';
import { unixNow } from '../unixNow.js';

export const tokenRenew: Command = {
  name: 'token renew',
  summary: 'make a token valid for longer',
  description:
    'Gives a token a later expiry, before the old one has come. For value the seller of its lot signs, or, where nobody ' +
    'paid for it, the issuer of the class. What the market or a plan sold ends at its expiry: they renew nothing, so use ' +
    'it, refund it, or buy anew. A share needs two: its issuer offers with this command, and its holder takes ' +
    'the same expiry with --accept; the share then goes on in a new token, and what it earned stays with the old one.',
  arguments: [
    { name: 'tokenId', summary: 'the token' },
    { name: 'expires', summary: 'last moment of validity: 30d, 2027-01-31, Unix seconds' },
  ],
  options: [
    { flags: '--accept', summary: 'take the expiry that the issuer offered for your share' },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge token renew 18446744078004518913 2031-01-31', summary: 'with a date' },
    { command: 'kedge token renew 18446744078004518913 2031-01-31 --accept', summary: 'your own share, as offered' },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const now = unixNow();
    const expireAt = parseMoment(argument(context, 1), now, 'expires');
    const connection = await connect(context);
    const { client } = connection;
    const token = await client.getToken({ tokenId });
    const { classId, lot, holder, shareRatio } = token;
    const accept = context.options['accept'] === true;
    const isShare = shareRatio > 0n;
    const { issuer } = await client.getClass({ classId });
    const seller = isBackedLot(lot) ? (await client.getLot({ classId, lot })).seller : issuer;
    if (!accept && !isShare) requireRenewable(connection, tokenId, seller);
    requireLater(token, expireAt, now);
    const { signer, write } = await resolveWriter(context, connection, accept ? holder : isShare ? issuer : seller);
    const terms = { tokenId, expireAt };
    if (accept) {
      const { newTokenId, transactionHash } = await write('renew the share', (writer) => writer.renewShare(terms));
      context.output.result({ tokenId, newTokenId, share: shareRatio, expireAt, transactionHash }, () => [
        `the share of token ${tokenId} goes on in token ${newTokenId}`,
        `  expires  ${humanMoment(expireAt)}`,
        `  signed by ${signer.label}`,
      ]);
      return;
    }
    const doing = isShare ? 'offer the renewal' : 'renew the token';
    const { transactionHash } = await write(doing, (writer) =>
      isShare ? writer.offerShareRenewal(terms) : writer.renew(terms),
    );
    const next = isShare ? await acceptLine(connection, { tokenId, expireAt, holder, signer }) : [];
    context.output.result({ tokenId, offered: isShare, expireAt, transactionHash }, () => [
      isShare ? `a later expiry is offered for the share of token ${tokenId}` : `token ${tokenId} is renewed`,
      `  expires  ${humanMoment(expireAt)}`,
      `  signed by ${signer.label}`,
      ...next,
    ]);
  },
};

type Offer = {
  readonly tokenId: bigint;
  readonly expireAt: bigint;
  readonly holder: Address;
  readonly signer: SigningAccount;
};

/** How the offer is taken, and by whom: of a committed token anyone takes it for the contributors. */
async function acceptLine(connection: Connection, { tokenId, expireAt, holder, signer }: Offer): Promise<string[]> {
  const own = isSameAddress(signer.account.address, holder);
  const committed = own ? undefined : await committedTokenOf(connection, holder);
  if (committed !== undefined) return [`next, by anyone: kedge contributors renew ${committed} ${expireAt}`];
  return [`next${own ? '' : `, as ${holder}`}: kedge token renew ${tokenId} ${expireAt} --accept`];
}

/** The contract would call such an expiry one that is past. */
function requireLater({ tokenId, expireAt }: TokenView, wanted: bigint, now: bigint): void {
  // Of one that has expired, the chain says so.
  if (expireAt !== 0n && (wanted > expireAt || expireAt < now)) return;
  throw new BaseError(
    expireAt === 0n
      ? `Token ${tokenId} never expires, so there is nothing to renew.`
      : `Token ${tokenId} is valid until ${humanMoment(expireAt)} as it is, and a renewal only puts that off.`,
    {
      code: 'not_renewable',
      values: { tokenId, expireAt, asked: wanted },
      hints: expireAt === 0n ? ['See what expires: kedge status'] : [`Name a moment after ${humanMoment(expireAt)}.`],
    },
  );
}

/** A contract that sells has no key to sign with, and offers no renewals. */
function requireRenewable({ contracts }: Connection, tokenId: bigint, seller: Address): void {
  const name = (['ValueMarket', 'ValuePlans'] as const).find((each) => {
    const address = contracts[each];
    return address !== undefined && isSameAddress(address, seller);
  });
  if (name === undefined) return;
  throw new BaseError(`Token ${tokenId} was sold by ${name}, which renews nothing.`, {
    code: 'not_renewable',
    values: { tokenId, seller },
    hints: [
      `Before it expires use it up, or refund what is left: kedge token refund ${tokenId}`,
      `Then buy anew, for as long as what is on sale lives: kedge buy ${splitTokenId(tokenId).classId} <units>`,
    ],
  });
}
