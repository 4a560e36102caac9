// What the examples in doc comments take for given: what a reader has at hand, each name with one meaning everywhere.
import type * as files from 'node:fs/promises';
import type { Server, ServerResponse } from 'node:http';
import type * as core from '@kedge/core';
import type * as sdk from '@kedge/sdk';
import type { ContentStore } from '@kedge/store';
import type { createReferenceToken } from '../packages/testing/src/model/referenceToken.js';
import type openai from 'openai';
import type * as viem from 'viem';

declare global {
  // Libraries
  const OpenAI: typeof openai;
  const createPublicClient: typeof viem.createPublicClient;
  const createWalletClient: typeof viem.createWalletClient;
  const http: typeof viem.http;
  const parseEther: typeof viem.parseEther;
  const toHex: typeof viem.toHex;
  const readFile: typeof files.readFile;
  const writeFile: typeof files.writeFile;
  const keccak256: core.Hasher;
  const sha256: core.Hasher;
  const recover: core.VerifyReceiptsInput['recover'];

  // The chain, and who acts on it
  const rpcUrl: string;
  const publicClient: viem.PublicClient;
  const walletClient: sdk.Wallet;
  const client: sdk.WriteClient;
  const deployment: core.Deployment;
  const contracts: core.DeployedContracts;
  const addresses: Parameters<typeof createReferenceToken>[0];
  const account: viem.PrivateKeyAccount;
  const address: viem.Address;
  const asset: viem.Address;
  const auditor: viem.Address;
  const buyer: viem.Address;
  const channelKey: viem.Address;
  const collective: viem.Address;
  const contributor: viem.Address;
  const holder: viem.Address;
  const holders: readonly viem.Address[];
  const issuer: viem.Address;
  const operator: viem.Address;
  const owner: viem.Address;
  const partner: viem.Address;
  /** Unix seconds. */
  const deadline: bigint;

  // Classes, lots and tokens
  const classId: bigint;
  const childClassId: bigint;
  const lot: number;
  const tokenId: bigint;
  const otherTokenId: bigint;
  const contributors: readonly core.Contributor[];
  const attestation: core.Attestation;
  const attestationId: viem.Hex;
  const statementHash: viem.Hex;
  const policy: core.Policy;
  const signedQuote: core.SignedRateQuote;
  const signedPurchase: sdk.SignedPurchase;
  const signedPermit: sdk.SignedUsagePermit;
  const depositTerms: core.DepositTerms;

  // Channels and receipts
  const domain: core.ProtocolDomain;
  const channel: core.Channel;
  const channelId: viem.Hex;
  const voucher: core.Voucher;
  const signature: viem.Hex;
  const receipt: core.Receipt;
  const receipts: readonly core.SignedReceipt[];
  const signed: core.SignedReceipt;
  const transactionReceipt: viem.TransactionReceipt;
  const revertData: viem.Hex;

  // Data, requests and answers
  const leaf: viem.Hex;
  const leaves: readonly Uint8Array[];
  const count: core.TokenCount;
  const sink: core.TextSink;
  const createSink: () => core.TextSink;
  const answer: { readonly choices: readonly unknown[] } & Readonly<Record<string, unknown>>;
  const store: ContentStore;
  const cid: string;
  const bytes: Uint8Array;
  const content: core.AnchoredContent;
  const integrityHash: viem.Hex;
  const uri: string;
  const text: string;
  const error: unknown;
  const apiKey: string;
  const baseURL: string;
  const response: Response;
  const headers: Headers;
  const outgoing: ServerResponse;
  const server: Server;
}
