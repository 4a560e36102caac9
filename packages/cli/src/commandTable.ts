import type { CommandEntry } from './command.js';

/** Every command, in the order of `kedge --help`. A command's module is loaded only when it is asked for. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'run the whole local stack: chain, contracts, anchored docs, gateway, built-in upstream, indexer',
    load: async () => (await import('./commands/up.js')).up,
  },
  {
    name: 'gateway',
    summary: 'run the metering gateway in front of an API, for any chain',
    load: async () => (await import('./commands/gateway.js')).gateway,
  },
  {
    name: 'indexer',
    summary: 'run the indexer: chain to database to REST, GraphQL and SQL',
    load: async () => (await import('./commands/indexer.js')).indexer,
  },
  {
    name: 'status',
    summary: 'show value, used units, revenue, claimable amounts and channels',
    load: async () => (await import('./commands/status.js')).status,
  },
  {
    name: 'verify',
    summary: 'check receipts: path, signature, chain, units, count, and their anchor on chain',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  {
    name: 'anchor',
    summary: 'anchor a file or folder: hash, CID, Merkle root, metadata, class on chain',
    load: async () => (await import('./commands/anchor.js')).anchor,
  },
  {
    name: 'anchor verify',
    summary: 'compare a file or folder with its manifest, to the byte',
    load: async () => (await import('./commands/anchorVerify.js')).anchorVerify,
  },
  {
    name: 'attest',
    summary: 'state something about a class or token, or give a verdict on what somebody stated',
    load: async () => (await import('./commands/attest.js')).attest,
  },
  {
    name: 'attest proof',
    summary: 'put a proof about your token forward, as its holder or operator',
    load: async () => (await import('./commands/attestProof.js')).attestProof,
  },
  {
    name: 'attest revoke',
    summary: 'take back an attestation or a verdict of yours',
    load: async () => (await import('./commands/attestRevoke.js')).attestRevoke,
  },
  {
    name: 'attestations',
    summary: 'list what was stated about a class or token, and what verifiers found of it',
    load: async () => (await import('./commands/attestations.js')).attestations,
  },
  {
    name: 'class create',
    summary: 'create a class, with a policy and parents',
    load: async () => (await import('./commands/classCreate.js')).classCreate,
  },
  {
    name: 'class metadata',
    summary: 'show the metadata of a class, or correct it',
    load: async () => (await import('./commands/classMetadata.js')).classMetadata,
  },
  {
    name: 'class accept-child',
    summary: 'say that a class which names yours as its parent descends from it',
    load: async () => (await import('./commands/classAcceptChild.js')).classAcceptChild,
  },
  {
    name: 'class offer-issuer',
    summary: 'offer the issuer role of your class to another account',
    load: async () => (await import('./commands/classOfferIssuer.js')).classOfferIssuer,
  },
  {
    name: 'class accept-issuer',
    summary: 'take over the issuer role of a class that was offered to you',
    load: async () => (await import('./commands/classAcceptIssuer.js')).classAcceptIssuer,
  },
  {
    name: 'class freeze',
    summary: 'mint no more shares of a class, ever',
    load: async () => (await import('./commands/classFreeze.js')).classFreeze,
  },
  {
    name: 'class sale-royalty',
    summary: 'say what markets are asked to pay when a token of your class is sold on',
    load: async () => (await import('./commands/classSaleRoyalty.js')).classSaleRoyalty,
  },
  {
    name: 'policy init',
    summary: 'write a policy to begin with: rates, caps, models, operators, price',
    load: async () => (await import('./commands/policyInit.js')).policyInit,
  },
  {
    name: 'policy publish',
    summary: "publish the next version of a class's policy",
    load: async () => (await import('./commands/policyPublish.js')).policyPublish,
  },
  {
    name: 'policy activate',
    summary: 'make an announced policy the current one, once its notice is over',
    load: async () => (await import('./commands/policyActivate.js')).policyActivate,
  },
  {
    name: 'lot create',
    summary: 'put units of a class on sale, at the price in its current policy',
    load: async () => (await import('./commands/lotCreate.js')).lotCreate,
  },
  {
    name: 'lot close',
    summary: 'take a lot off sale',
    load: async () => (await import('./commands/lotClose.js')).lotClose,
  },
  {
    name: 'lot refunds',
    summary: 'let the holders of a lot refund unspent units, whatever its terms say',
    load: async () => (await import('./commands/lotRefunds.js')).lotRefunds,
  },
  {
    name: 'mint',
    summary: 'mint a token of a class: a share, or value',
    load: async () => (await import('./commands/mint.js')).mint,
  },
  {
    name: 'buy',
    summary: 'buy value of a class from a backed lot',
    load: async () => (await import('./commands/buy.js')).buy,
  },
  {
    name: 'token top-up',
    summary: 'add units to a token that you hold, at the price of its lot',
    load: async () => (await import('./commands/tokenTopUp.js')).tokenTopUp,
  },
  {
    name: 'token refund',
    summary: 'get your money back for units that you did not use',
    load: async () => (await import('./commands/tokenRefund.js')).tokenRefund,
  },
  {
    name: 'token split',
    summary: 'split units and the share of a token off into new tokens',
    load: async () => (await import('./commands/tokenSplit.js')).tokenSplit,
  },
  {
    name: 'token merge',
    summary: 'move all units of other tokens of the same lot to one',
    load: async () => (await import('./commands/tokenMerge.js')).tokenMerge,
  },
  {
    name: 'token burn',
    summary: 'destroy units of a token that you hold',
    load: async () => (await import('./commands/tokenBurn.js')).tokenBurn,
  },
  {
    name: 'token renew',
    summary: 'make a token valid for longer',
    load: async () => (await import('./commands/tokenRenew.js')).tokenRenew,
  },
  {
    name: 'token revoke',
    summary: 'revoke a token of your class, with a reason and an appeal window',
    load: async () => (await import('./commands/tokenRevoke.js')).tokenRevoke,
  },
  {
    name: 'token appeal',
    summary: 'object to the revocation of a token that you hold',
    load: async () => (await import('./commands/tokenAppeal.js')).tokenAppeal,
  },
  {
    name: 'token transfer',
    summary: 'give a token that you hold to another account',
    load: async () => (await import('./commands/tokenTransfer.js')).tokenTransfer,
  },
  {
    name: 'token retire',
    summary: 'end the share of a token that you hold',
    load: async () => (await import('./commands/tokenRetire.js')).tokenRetire,
  },
  {
    name: 'channel open',
    summary: "lock a token's value to an operator and get an API key",
    load: async () => (await import('./commands/channelOpen.js')).channelOpen,
  },
  {
    name: 'channel add',
    summary: 'have your gateway serve a channel that a consumer opened elsewhere',
    load: async () => (await import('./commands/channelAdd.js')).channelAdd,
  },
  {
    name: 'channel close',
    summary: 'end a channel; what was not used returns to the token',
    load: async () => (await import('./commands/channelClose.js')).channelClose,
  },
  {
    name: 'deposit',
    summary: 'show the address whose payments top a channel up',
    load: async () => (await import('./commands/deposit.js')).deposit,
  },
  {
    name: 'deposit sweep',
    summary: 'turn what was paid to a deposit address into units of the channel',
    load: async () => (await import('./commands/depositSweep.js')).depositSweep,
  },
  {
    name: 'deposit refund',
    summary: 'take back what a deposit address holds',
    load: async () => (await import('./commands/depositRefund.js')).depositRefund,
  },
  {
    name: 'connect',
    summary: 'pay for the calls of any client from a strict channel, through a local proxy',
    load: async () => (await import('./commands/connect.js')).connect,
  },
  {
    name: 'key create',
    summary: 'make one more API key for a channel, with a cap and an expiry of its own',
    load: async () => (await import('./commands/keyCreate.js')).keyCreate,
  },
  {
    name: 'key list',
    summary: 'list the API keys of the channels that the gateway here serves',
    load: async () => (await import('./commands/keyList.js')).keyList,
  },
  {
    name: 'key revoke',
    summary: 'make an API key pay for nothing more',
    load: async () => (await import('./commands/keyRevoke.js')).keyRevoke,
  },
  {
    name: 'shadow',
    summary: 'put a gateway in front of an API that charges nobody, and count who would have earned what',
    load: async () => (await import('./commands/shadow.js')).shadow,
  },
  {
    name: 'shadow report',
    summary: 'show who would have earned what in shadow mode',
    load: async () => (await import('./commands/shadowReport.js')).shadowReport,
  },
  {
    name: 'capture',
    summary: 'have the gateway take what was used, now, on chain',
    load: async () => (await import('./commands/capture.js')).capture,
  },
  {
    name: 'quote sign',
    summary: "sign a quote that moves the rates of a policy, within the policy's bounds",
    load: async () => (await import('./commands/quoteSign.js')).quoteSign,
  },
  {
    name: 'quote send',
    summary: 'hand a signed rate quote to gateways of this machine',
    load: async () => (await import('./commands/quoteSend.js')).quoteSend,
  },
  {
    name: 'settle',
    summary: 'add revenue to a class',
    load: async () => (await import('./commands/settle.js')).settle,
  },
  {
    name: 'claim',
    summary: 'pay out what shares earned and what accounts are owed',
    load: async () => (await import('./commands/claim.js')).claim,
  },
  {
    name: 'contributors commit',
    summary: 'give all that a share token will earn to a list of contributors, for ever',
    load: async () => (await import('./commands/contributorsCommit.js')).contributorsCommit,
  },
  {
    name: 'contributors set',
    summary: 'set the next list of contributors of a committed token',
    load: async () => (await import('./commands/contributorsSet.js')).contributorsSet,
  },
  {
    name: 'contributors claim',
    summary: 'pay a contributor of a committed token what it earned',
    load: async () => (await import('./commands/contributorsClaim.js')).contributorsClaim,
  },
  {
    name: 'contributors renew',
    summary: 'take the later expiry that is offered for the share of a committed token',
    load: async () => (await import('./commands/contributorsRenew.js')).contributorsRenew,
  },
  {
    name: 'contributors appeal',
    summary: 'object to the revocation of a committed token',
    load: async () => (await import('./commands/contributorsAppeal.js')).contributorsAppeal,
  },
  {
    name: 'bond post',
    summary: 'post money that you lose when you sign two receipts with one number',
    load: async () => (await import('./commands/bondPost.js')).bondPost,
  },
  {
    name: 'bond show',
    summary: 'show what an operator has bonded, and until when',
    load: async () => (await import('./commands/bondShow.js')).bondShow,
  },
  {
    name: 'bond release',
    summary: 'ask your bond back, or take it when its time has come',
    load: async () => (await import('./commands/bondRelease.js')).bondRelease,
  },
  {
    name: 'bond raise',
    summary: 'claim what was captured from a channel after its operator was proven',
    load: async () => (await import('./commands/bondRaise.js')).bondRaise,
  },
  {
    name: 'bond pay',
    summary: 'pay out a proven fraud once its window has ended',
    load: async () => (await import('./commands/bondPay.js')).bondPay,
  },
  {
    name: 'prove-fraud',
    summary: 'slash an operator that signed two receipts with one number',
    load: async () => (await import('./commands/proveFraud.js')).proveFraud,
  },
  {
    name: 'deploy',
    summary: 'deploy the contracts to a chain and print their addresses',
    load: async () => (await import('./commands/deploy.js')).deploy,
  },
  {
    name: 'conform',
    summary: 'try every clause of ERC-8028 against any deployed contract',
    load: async () => (await import('./commands/conform.js')).conform,
  },
  {
    name: 'audit',
    summary: 'work out from events alone what a contract owes, and compare it with what it holds',
    load: async () => (await import('./commands/audit.js')).audit,
  },
  {
    name: 'account new',
    summary: 'make a key in the encrypted keystore',
    load: async () => (await import('./commands/accountNew.js')).accountNew,
  },
  {
    name: 'account import',
    summary: 'read a private key from stdin into the encrypted keystore',
    load: async () => (await import('./commands/accountImport.js')).accountImport,
  },
  {
    name: 'account list',
    summary: 'list the accounts that kedge can sign with',
    load: async () => (await import('./commands/accountList.js')).accountList,
  },
];

/** Groups that are no command themselves. */
export const groupSummaries: Readonly<Record<string, string>> = {
  class: 'classes: the unit of accounting and provenance',
  policy: 'policies: what value buys, in versions',
  lot: 'lots: value on sale under one policy',
  token: 'tokens: value and shares that somebody holds',
  channel: 'channels: value locked to one operator',
  key: 'API keys: who else may spend from a channel, and how much',
  quote: 'rate quotes: what the rates of a policy with an oracle are now',
  contributors: "contributors: many accounts that share one token's revenue",
  bond: 'bonds: what an operator loses when it signs two receipts with one number',
  account: 'keys that sign transactions',
};
