import {
  type ChannelRecord,
  channelIdOf,
  type Hex,
  isSameAddress,
  type Policy,
  policyHashOf,
  type ProtocolDomain,
  type SignedRateQuote,
  termsFault,
  unrecountable,
} from '@kedge/core';
import type { GatewayChain } from '../chain/gatewayChain.js';
import { keccak256 } from '../crypto/hashers.js';
import type { ApiKeyAccess } from '../keys/apiKeyAccess.js';
import type { ChannelAccount } from '../ledger/channelAccount.js';
import { tokenizerPin } from '../tokens/tokenizerPin.js';

/** A channel that was checked against the chain and is served from. */
export type ServedChannel = ChannelRecord & {
  /** When it was opened on chain, Unix seconds: its rate counts from here (R9). */
  readonly openedAt: bigint;
  readonly account: ChannelAccount;
  /** The key that a call came with, when it has terms of its own. */
  readonly key?: ApiKeyAccess | undefined;
  /** Of a call under a rate quote: `policy` has its rates then, and `own` is the policy as it was bought. */
  readonly quoted?: { readonly quote: SignedRateQuote; readonly own: Policy } | undefined;
};

export type ChannelCheck =
  | { readonly usable: true; readonly channel: ServedChannel; readonly capturedUnits: bigint }
  | {
      readonly usable: false;
      readonly reason: string;
      /** What callers with its keys are told, where they can do something; other reasons are the operator's to know. */
      readonly told?: ToldRefusal;
      /** The node does not know of it: another may, or this one later. */
      readonly isUnseen?: true;
    };

/** Why a channel is not served, by which clause, and the way out. */
export type ToldRefusal = { readonly clause: string; readonly reason: string; readonly hints: readonly string[] };

/**
 * Checks one record: its own arithmetic first, then what the chain says.
 * @throws whatever the chain's client throws when the chain does not answer.
 */
export async function checkChannel(
  record: ChannelRecord,
  context: {
    readonly domain: ProtocolDomain;
    readonly operator: Hex;
    readonly chain: GatewayChain;
    /** Brings the account and the vouchers up to what is durable by now, whoever recorded it. */
    readonly load: (channelId: Hex) => Promise<void>;
    readonly accountOf: (channelId: Hex) => ChannelAccount;
    /** What a strict channel's client has signed: its vouchers may be captured by anyone (R8). */
    readonly signedUnits: (channelId: Hex) => bigint;
  },
): Promise<ChannelCheck> {
  const wrong = ownFault(record, context.domain, context.operator);
  if (wrong !== undefined) return { usable: false, reason: wrong };
  const unseen = record.channel.mode === 'strict' ? unrecountable(record.policy) : undefined;
  if (unseen !== undefined) return { usable: false, reason: unseen.reason, told: { ...unseen, hints: unseenHints } };
  const state = await context.chain.readChannel(record.channel, record.channelId);
  // One node of several may be a block behind, and a chain that lost a block opens the channel in a later one. Not even where another
  // of them says that it is open: when it was opened bounds what is served from it (R9, R29).
  if (state.openedAt === 0n) return { usable: false, reason: 'the node does not know the channel', isUnseen: true };
  if (!state.open) return { usable: false, reason: 'the channel is not open on chain' };
  if (state.policyHash !== record.policyHash) {
    return { usable: false, reason: `the token's policy on chain is ${state.policyHash}, not ${record.policyHash}` };
  }
  // After the chain: what was captured by then is recorded by now, also by a gateway that serves it meanwhile.
  await context.load(record.channelId);
  const account = context.accountOf(record.channelId);
  const signedUnits = context.signedUnits(record.channelId);
  if (state.capturedUnits > account.committedUnits && state.capturedUnits > signedUnits) {
    const reason = `${state.capturedUnits} units were captured on chain but the log knows of ${account.committedUnits}`;
    return {
      usable: false,
      reason: `${reason}: restore its newest copy, or close the channel and have its holder open another`,
      told: { clause: 'R27', reason: `${reason}, so it is an older copy`, hints: oldLogHints },
    };
  }
  return {
    usable: true,
    channel: { ...record, openedAt: state.openedAt, account },
    capturedUnits: state.capturedUnits,
  };
}

const unseenHints = [
  'Nothing was charged. The operator can close the channel now, anyone after its deadline: kedge channel close returns its units.',
  'Open another in capped mode, or one of a token whose policy a strict client can recount.',
];

const oldLogHints = [
  'Nothing was charged for this call. The operator can restore the newest copy of the log, and start the gateway again.',
  'Without such a copy: the operator can close the channel now, anyone after its deadline and grace, and kedge channel close returns what was not captured. Then open another.',
];

function ownFault(record: ChannelRecord, domain: ProtocolDomain, operator: Hex): string | undefined {
  const { channel, policy } = record;
  if (channelIdOf(domain, channel, keccak256) !== record.channelId) {
    return 'its id is not the digest of its terms on this chain and contract';
  }
  if (policyHashOf(policy, keccak256) !== record.policyHash) return 'its policy does not have the hash it names';
  if (!isSameAddress(channel.operator, operator)) return `its operator is ${channel.operator}, not ${operator}`;
  return termsFault(channel, policy, tokenizerPin());
}
