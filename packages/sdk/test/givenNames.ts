/** Declarations of what the code of pages and of `@example`s takes as given, for the compiler. */
export const givenNames = `
declare const account: import('viem').PrivateKeyAccount;
declare const channelKey: import('@kedge/sdk').ChannelKey;
declare const publicClient: import('viem').PublicClient;
declare const walletClient: import('viem').WalletClient<
  import('viem').Transport, import('viem').Chain | undefined, import('viem').Account>;
declare const client: import('@kedge/sdk').KedgeClient;
declare const operatorClient: typeof client;
declare const indexer: import('@kedge/sdk').IndexerClient;
declare const deployment: import('@kedge/core').Deployment;
declare const createPublicClient: typeof import('viem').createPublicClient;
declare const createWalletClient: typeof import('viem').createWalletClient;
declare const http: typeof import('viem').http;
declare const rpcUrl: string, baseURL: string, apiKey: string, reason: import('@kedge/core').Hex;
declare const OpenAI: typeof import('openai').default;
declare const x402Client: typeof import('@x402/fetch').x402Client;
declare const wrapFetchWithPayment: typeof import('@x402/fetch').wrapFetchWithPayment;

type GivenAddress = import('@kedge/core').Address;
declare const address: GivenAddress, auditor: GivenAddress, buyer: GivenAddress, collective: GivenAddress;
declare const contributor: GivenAddress, holder: GivenAddress, issuer: GivenAddress, operator: GivenAddress;
declare const owner: GivenAddress, partner: GivenAddress, holders: readonly GivenAddress[];

declare const classId: bigint, agentClassId: bigint, child: bigint, lot: number, firstLot: number;
declare const tokenId: bigint, toTokenId: bigint, fromTokenId: bigint, first: bigint, second: bigint, other: bigint;
declare const deadline: bigint, expireAt: bigint, grace: bigint, nonce: bigint, minPending: bigint, window: number;
declare const id: import('@kedge/core').Hex, attestationId: import('@kedge/core').Hex;
declare const integrityHash: import('@kedge/core').Hex, statementHash: import('@kedge/core').Hex;
declare const salt: import('@kedge/core').Hex, signature: import('@kedge/core').Hex;
declare const uri: string, cid: string, error: unknown;
declare const parents: import('@kedge/sdk').CreateClassParameters['parents'] & {};

declare const channel: import('@kedge/core').Channel, channelId: import('@kedge/core').Hex;
declare const domain: import('@kedge/core').ProtocolDomain, policy: import('@kedge/core').Policy;
declare const terms: import('@kedge/core').DepositTerms;
declare const voucher: import('@kedge/core').Voucher, receipts: readonly (typeof signed)[];
declare const permit: import('@kedge/sdk').SignedUsagePermit;
declare const contributors: readonly import('@kedge/core').Contributor[];
declare const tree: ReturnType<typeof import('@kedge/core').contributorTree>;
declare const leaf: ReturnType<(typeof tree)['proofOf']>;
declare const parseEther: typeof import('viem').parseEther;
declare const request: Uint8Array, response: Uint8Array;
declare const receipt: import('@kedge/core').Receipt, signed: import('@kedge/core').SignedReceipt;
declare const keccak256: import('@kedge/core').Hasher;
`;

/** The same for single examples, by the file that they are in: a name may mean another thing there. */
export const givenIn: Readonly<Record<string, string>> = {
  'actions/buyValueSigned.ts': "declare const signed: import('@kedge/sdk').SignedPurchase;",
  'actions/capture.ts': "declare const receipt: import('viem').TransactionReceipt;",
  'actions/commitContributors.ts': 'declare const account: GivenAddress, weight: bigint;',
  'actions/openChannel.ts': 'declare const channelKey: GivenAddress;',
  'guides/agents-that-pay.md': "declare const client: import('@x402/fetch').x402Client;",
  'kedgeActions.ts': "declare const publicActions: typeof import('viem').publicActions;",
};
