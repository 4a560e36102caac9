import { toHex } from 'viem';
import { minted, tokenIdOf, transferLogs } from './kedge.mjs';
import { contributor, gasOf, holder, issuer, operator, other } from './openBench.mjs';

/** The draft's operations on tokens and value, with the peers' for the same. */
export async function measureTokens({ record }, { dat }, { naive, sft, multi, single }) {
  // One class without parents, as the draft makes it.
  await dat(issuer, 'createClass', ['ipfs://metadata', toHex(1, { size: 32 }), 0, 'ipfs://policy']);
  await naive(issuer, 'createClass', ['ipfs://metadata', toHex(1, { size: 32 }), 0, 'ipfs://policy']);
  await dat(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n]);
  await dat(issuer, 'mint', [1n, other.address, 1_000n, 0n, 0n]);
  await naive(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n]);
  await naive(issuer, 'mint', [1n, other.address, 1_000n, 0n, 0n]);
  await sft(issuer, 'mint', [holder.address, 1n, 1n, 1_000n]);
  await sft(issuer, 'mint', [other.address, 2n, 1n, 1_000n]);
  await multi(issuer, 'mint', [other.address, 1n, 1_000n]);
  await single(issuer, 'mint', [holder.address, 1n]);
  await single(issuer, 'mint', [other.address, 2n]);

  record(
    'mint, value only',
    await dat(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n]),
    {
      fresh: 1, // token
      updated: 2, // class head, holder's count
      logs: [minted, ...transferLogs],
    },
    {
      naive: await gasOf(naive(issuer, 'mint', [1n, holder.address, 1_000n, 0n, 0n])),
      erc3525: await gasOf(sft(issuer, 'mint', [holder.address, 3n, 1n, 1_000n])),
      erc1155: await gasOf(multi(issuer, 'mint', [holder.address, 1n, 1_000n])),
      erc721: await gasOf(single(issuer, 'mint', [holder.address, 3n])),
    },
  );
  await dat(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]);
  await naive(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]);
  record(
    'mint, with a share',
    await dat(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n]),
    {
      fresh: 2, // token, share
      updated: 3, // class head, class share, holder's count
      logs: [minted, ...transferLogs],
    },
    { naive: await gasOf(naive(issuer, 'mint', [1n, contributor.address, 0n, 100n, 0n])) },
  );

  record(
    'transfer token',
    await dat(holder, 'transferToken', [tokenIdOf(1, 1, 1), other.address]),
    {
      updated: 3, // token, both holders' counts
      read: 1, // token approval
      logs: transferLogs,
    },
    {
      naive: await gasOf(naive(holder, 'transferToken', [1n, other.address])),
      erc3525: await gasOf(sft(holder, 'transferFrom', [holder.address, other.address, 1n])),
      erc721: await gasOf(single(holder, 'transferFrom', [holder.address, other.address, 1n])),
    },
  );
  record(
    'transfer value',
    await dat(other, 'transferValue', [tokenIdOf(1, 1, 1), tokenIdOf(1, 1, 2), 10n]),
    {
      updated: 2,
      logs: [[3, 32]],
    },
    {
      naive: await gasOf(naive(other, 'transferValue', [1n, 2n, 10n])),
      erc3525: await gasOf(sft(other, 'transferFrom', [1n, 2n, 10n])),
      erc1155: await gasOf(multi(other, 'safeTransferFrom', [other.address, holder.address, 1n, 10n, '0x'])),
    },
  );
  const metric = toHex(7, { size: 32 });
  record(
    'record usage, by the owner',
    await dat(other, 'recordUsage', [tokenIdOf(1, 1, 2), metric, 5n]),
    {
      updated: 1,
      logs: [
        [2, 96],
        [2, 0], // UsageSelfReported
      ],
    },
    { naive: await gasOf(naive(other, 'recordUsage', [2n, metric, 5n])) },
  );
  record(
    'approve for a class',
    await dat(other, 'approveForClass', [1n, operator.address, true]),
    {
      fresh: 1,
      logs: [[4, 32]],
    },
    {
      naive: await gasOf(naive(other, 'approveForClass', [1n, operator.address, true])),
      erc1155: await gasOf(multi(other, 'setApprovalForAll', [operator.address, true])),
    },
  );
  record(
    'record usage, by an operator',
    await dat(operator, 'recordUsage', [tokenIdOf(1, 1, 2), metric, 5n]),
    {
      updated: 1,
      read: 1,
      logs: [[2, 96]],
    },
    { naive: await gasOf(naive(operator, 'recordUsage', [2n, metric, 5n])) },
  );
}
