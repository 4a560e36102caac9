import { dataAnchoringTokenAbi, type Hex } from '@kedge/core';
import { numberToHex, type Abi } from 'viem';
import type { Clause } from '../../clause.js';
import { NotApplicable } from '../../outcome.js';
import { selectorOf, type Call, type Lab } from '../../lab/lab.js';
import { supports } from '../optional.js';

const abi = dataAnchoringTokenAbi as Abi;

/** A call of a function that Kedge adds to the draft. */
export const kedge = (lab: Lab, name: string, ...args: readonly unknown[]): Call => ({
  name,
  args,
  abi,
  to: lab.target,
});

/** A clause of a decision, whose number its id begins with. */
export const clause = (
  id: string,
  words: string,
  check: Clause['check'],
  { level = 'MUST', note }: { readonly level?: Clause['level']; readonly note?: string } = {},
): Clause => ({ id, section: id.split('.')[0]!, level, words, ...(note === undefined ? {} : { note }), check });

/** Kedge's interfaces by their functions, whose selectors make the ERC-165 id. */
const extensions = {
  IDATClasses: [
    'createClassWithTerms',
    'publishPolicy',
    'transferIssuer',
    'acceptIssuer',
    'acceptParent',
    'classInfo',
    'classCount',
    'issuerOf',
    'policyOf',
    'parentsOf',
  ],
  IDATLots: [
    'createLot',
    'mintFromLot',
    'refund',
    'sweepExpired',
    'lotOf',
    'lotInfo',
    'lotCostUp',
    'lotQuoteUp',
    'policyOfToken',
  ],
  IDATApprovals: [
    'approveUsage',
    'usageAllowance',
    'permitForClass',
    'permitUsage',
    'cancelPermits',
    'nonces',
    'DOMAIN_SEPARATOR',
    'eip712Domain',
  ],
  IDATBatches: ['mintBatch', 'recordUsageBatch', 'claimBatch'],
  IDATOptions: ['createClassWithOptions', 'freezeShares', 'classOptions', 'pendingShareOf', 'activateAtOf'],
  IDATPolicies: ['activatePolicy', 'announcedPolicy', 'isSuperseded', 'openRefunds'],
  IDATLifecycle: ['topUp', 'burnValue', 'retireShare', 'split', 'merge'],
  IDATRenewals: ['renew', 'offerShareRenewal', 'renewShare', 'renewalOffer'],
  IDATRevocations: ['announceRevocation', 'appealRevocation', 'withdrawRevocation', 'revoke', 'revocationOf'],
} as const;

type Extension = keyof typeof extensions;

const idOf = (extension: Extension): Hex =>
  numberToHex(
    extensions[extension].reduce((id, name) => id ^ BigInt(selectorOf(name, abi)), 0n),
    { size: 4 },
  );

/** A MUST about extensions, for who announces them by ERC-165. */
export function extensionClause(
  id: string,
  words: string,
  needed: readonly Extension[],
  check: Clause['check'],
  note?: string,
): Clause {
  const told = `For contracts whose ERC-165 names ${needed.map((each) => `${each} (${idOf(each)})`).join(' and ')}.`;
  const checkAnnounced = async (lab: Lab): Promise<string | void> => {
    for (const each of needed) {
      if ((await supports(lab, idOf(each))).value) continue;
      throw new NotApplicable(`ERC-165 does not announce Kedge's ${each} (${idOf(each)})`);
    }
    return check(lab);
  };
  return clause(id, words, checkAnnounced, { note: note === undefined ? told : `${told} ${note}` });
}
