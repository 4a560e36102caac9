import type { ServedChannel } from '../channels/servedChannel.js';
import type { LogFields, StructuredLog } from '../structuredLog.js';

/** Why nothing is offered to some channels, whatever they call, and what the operator can do. */
const stops = {
  policyUnknown: {
    reason: "The class's current policy is not known here.",
    hint: 'The log says why, as policy_unreadable or policies_unchecked.',
  },
  policyChanged: {
    reason: 'The class has a newer policy, and the client of a strict channel counts by the one that was bought.',
    hint: 'The holder buys value under the newer policy, and opens a channel with it.',
  },
  notOnSale: {
    reason: 'There is no such lot, or it is superseded by a newer policy, or its listing is closed.',
    hint: 'Make a lot with kedge lot create, name it in x402.lots, and start the gateway again.',
  },
  otherAsset: {
    reason: 'The lot is priced in another asset than x402.asset.',
    hint: 'Name a lot in x402.lots that is priced in that asset, and start the gateway again.',
  },
  soldOut: {
    reason: 'The lot has fewer units left than x402.minUnits.',
    hint: 'Make a lot with kedge lot create and name it in x402.lots, or lower x402.minUnits, and start the gateway again.',
  },
  endsSoon: {
    reason: "The lot's tokens expire before a channel of x402.channelSeconds and its grace would end.",
    hint: 'Name a lot in x402.lots that lasts longer, or lower x402.channelSeconds, and start the gateway again.',
  },
} as const;

/** What the operator is told of offers: when they stop, and when they begin again, once each. */
export type OfferNotes = {
  /** Returns nothing, which is what is offered. */
  readonly stopped: (served: ServedChannel, lot: number, why: keyof typeof stops, values?: LogFields) => undefined;
  readonly offered: (served: ServedChannel, lot: number) => void;
};

/** A lot as people count it. */
const counted = (lot: number): number => lot % 2 ** 31;

/** Channels are told apart by what makes a difference to an offer. */
export function createOfferNotes(log: StructuredLog): OfferNotes {
  const known = new Map<string, string>();
  const alike = ({ classId, channel: { mode, grace }, policyHash }: ServedChannel): string =>
    `${classId}/${grace}/${mode === 'strict' ? policyHash : mode}`;
  return {
    stopped: (served, lot, why, values) => {
      const { classId, channel } = served;
      if (known.get(alike(served)) !== why)
        log.warn('offers_stopped', { classId, lot: counted(lot), mode: channel.mode, ...stops[why], ...values });
      known.set(alike(served), why);
      return undefined;
    },
    offered: (served, lot) => {
      if (!known.delete(alike(served))) return;
      log.info('offers_resumed', { classId: served.classId, lot: counted(lot), mode: served.channel.mode });
    },
  };
}
