import type { Address } from '@kedge/core';
import type { IndexerClient } from '@kedge/sdk';

export type About = { readonly assets: readonly Address[]; readonly accounts: readonly Address[] };

/** What an indexer says of everything: each list as far as one page goes, each detail, each explanation. */
export async function allAnswers(client: IndexerClient, { assets, accounts }: About) {
  const page = { limit: 500 };
  const { items: classes } = await client.classes(page);
  const { items: tokens } = await client.tokens(page);
  const { items: channels } = await client.channels(page);
  return {
    classes,
    classDetails: await Promise.all(classes.map(({ classId }) => client.class({ classId }))),
    tokens,
    tokenDetails: await Promise.all(tokens.map(({ tokenId }) => client.token({ tokenId }))),
    explained: await Promise.all(
      tokens.flatMap(({ tokenId }) => assets.map((asset) => client.explainClaim({ tokenId, asset, limit: 7 }))),
    ),
    channels,
    channelDetails: await Promise.all(channels.map(({ channelId }) => client.channel({ channelId }))),
    earnings: await Promise.all(accounts.map((address) => client.earnings({ address, limit: 500 }))),
    contributorEarnings: await Promise.all(
      accounts.map((address) => client.contributorEarnings({ address, limit: 500 })),
    ),
    operators: await Promise.all(accounts.map((address) => client.operator({ address }))),
    deposits: (await client.deposits(page)).items,
    approvals: (await client.approvals(page)).items,
    attestations: (await client.attestations(page)).items,
    activity: (await client.activity(page)).items,
  };
}
