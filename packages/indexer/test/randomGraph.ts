import { dataAnchoringTokenAbi, metricTypeOf, zeroAddress, type Address, type Deployment, type Hex } from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import { createRandom, deployErc20, developmentAccount, type Anvil } from '@kedge/testing';
import { keccak256 } from 'viem';

const someHash: Hex = `0x${'ab'.repeat(32)}`;
const metricType = metricTypeOf('units', (bytes) => keccak256(bytes, 'bytes'));
const owner = developmentAccount(0).address;

export type Graph = {
  readonly deployment: Deployment;
  readonly assets: readonly Address[];
  readonly accounts: readonly Address[];
  /** Takes some more random steps. */
  readonly go: (steps: number) => Promise<void>;
  /** Remembers what is there; calling the answer forgets what came since, as a chain does that is taken back. */
  readonly mark: () => () => void;
};

/**
 * Classes whose lineage, royalties and shares are random, some without a share for a while; then settlements in two assets,
 * uses of backed value, collected royalties, new shares, claims, attestations and verdicts, in random order and of awkward amounts.
 */
export async function createGraph(anvil: Anvil, seed: number, classCount: number): Promise<Graph> {
  const random = createRandom(seed);
  const { publicClient } = anvil;
  const walletClient = anvil.walletOf(0);
  const deployment = await deployContracts({ publicClient, walletClient });
  const client: KedgeClient = createKedgeClient({ publicClient, walletClient, deployment });
  const erc20 = (await deployErc20({ publicClient, walletClient }, 10n ** 30n)).toLowerCase() as Address;
  const assets = [zeroAddress, erc20];
  const edges: { readonly classId: bigint; readonly parentIndex: bigint }[] = [];
  const classes: bigint[] = [];
  const shares: bigint[] = [];
  const attestations: Hex[] = [];
  const stated: { readonly id: Hex; readonly by: KedgeClient }[] = [];

  const mintShare = async (classId: bigint): Promise<void> => {
    const { tokenId } = await client.mintShare({ classId, to: owner, shareRatio: 1n + random.upTo(9_999n) });
    shares.push(tokenId);
  };
  for (let number = 0; number < classCount; number += 1) {
    const candidates = classes.filter(() => random.chance(55)).slice(-3);
    const parents = candidates.map((classId) => ({ classId, royaltyBps: random.below(3_300) }));
    const policy = { uri: 'ipfs://p', hash: someHash };
    const made = { kind: 'model' as const, metadataURI: `ipfs://m${number}`, integrityHash: someHash, policy, parents };
    const { classId } = await client.createClass(made);
    parents.forEach((_, parentIndex) => edges.push({ classId, parentIndex: BigInt(parentIndex) }));
    classes.push(classId);
    // The others earn for nobody at first (R20).
    if (random.chance(75)) await mintShare(classId);
  }
  const used = classes.at(-1)!;
  const price = { numerator: 999_999_937n, denominator: 7n };
  const { lot } = await client.createLot({ classId: used, price, operatorBps: 1_234, refundable: true });
  await client.openListing({ classId: used, lot, supply: 1_000_000n, expireAt: 0n });
  const { tokenId: valueToken } = await client.buyValue({ classId: used, lot, units: 500_000n });

  const recordUsage = async (): Promise<void> => {
    const hash = await walletClient.writeContract({
      chain: null,
      address: deployment.contracts.DataAnchoringToken,
      abi: dataAnchoringTokenAbi,
      functionName: 'recordUsage',
      args: [valueToken, metricType, 1n + random.upTo(2_000n)],
    });
    await publicClient.waitForTransactionReceipt({ hash });
  };
  const verifier = createKedgeClient({ publicClient, walletClient: anvil.walletOf(1), deployment });
  const someStatement = (): Hex =>
    `0x${random
      .upTo(1n << 250n)
      .toString(16)
      .padStart(64, '0')}`;
  const attest = async (): Promise<void> => {
    const subject = random.chance(70) ? { classId: random.pick(classes) } : { tokenId: random.pick(shares) };
    const type = random.pick(['licence', 'quality', 'something else']);
    const { timestamp } = await publicClient.getBlock();
    const expireAt = random.chance(30) ? timestamp + 500n : 0n;
    const { id } = await client.attest({ ...subject, type, statementHash: someStatement(), uri: 'ipfs://s', expireAt });
    attestations.push(id);
    stated.push({ id, by: client });
  };
  const judge = async (): Promise<void> => {
    if (attestations.length === 0) return attest();
    const attestationId = random.pick(attestations);
    const outcome = random.pick(['confirmed', 'refuted', 'undecided'] as const);
    const report = { method: random.pick(['sampling', 'a guess']), statementHash: someStatement() };
    const { id } = await verifier.giveVerdict({ attestationId, outcome, ...report });
    stated.push({ id, by: verifier });
  };
  const takeBack = async (): Promise<void> => {
    if (stated.length === 0) return attest();
    const { id, by } = random.pick(stated);
    await by.revokeAttestation({ id });
  };
  const step = async (): Promise<void> => {
    const asset = random.pick(assets);
    await random.weighted<() => Promise<unknown>>([
      [30, () => client.settleRevenue({ classId: random.pick(classes), asset, amount: 1n + random.upTo(10n ** 15n) })],
      [30, () => client.collectRoyalty({ ...random.pick(edges), asset })],
      [15, recordUsage],
      [10, () => mintShare(random.pick(classes))],
      [15, () => client.claim({ tokenId: random.pick(shares), asset })],
      [8, attest],
      [8, judge],
      [4, takeBack],
    ])();
  };
  return {
    deployment,
    assets,
    accounts: [owner.toLowerCase() as Address],
    mark() {
      const lists: unknown[][] = [shares, attestations, stated];
      const lengths = lists.map(({ length }) => length);
      return () => lists.forEach((list, index) => list.splice(lengths[index]!));
    },
    async go(steps) {
      for (let done = 0; done < steps; done += 1) {
        await step().catch((error: { code?: string }) => {
          // Nobody has a share of that class yet, or it was revoked before.
          const expected = ['ERC8028NoActiveShare', 'AttestationRegistryRevoked'];
          if (!expected.includes(error.code ?? '')) throw error;
        });
      }
    },
  };
}
