import { readFileSync } from 'node:fs';
import { parseEther, zeroAddress } from 'viem';
import { compilePeers, requirePublishedSplitMain } from '../compilePeers.mjs';
import { contributor, gasOf, issuer, other } from './openBench.mjs';

const json = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));

/** Deploys what others have for the same: a naive ERC-8028, tokens and splitters, each as it is published. */
export async function deployPeers(bench) {
  const { deploy, caller } = bench;
  const naive = json('contracts/out/NaiveDAT.sol/NaiveDAT.json');
  const erc3525 = json('node_modules/@solvprotocol/erc-3525/build/ERC3525BaseMock.json');
  const built = compilePeers();
  const tokens = {
    naive: caller(await deploy(naive.bytecode.object), naive.abi),
    sft: caller(await deploy(erc3525.bytecode, ['string', 'string', 'uint8'], ['Peer', 'P', 0]), erc3525.abi),
    multi: caller(await deploy(built.erc1155.bytecode), built.erc1155.abi),
    single: caller(await deploy(built.erc721.bytecode), built.erc721.abi),
  };
  const payees = [contributor.address, other.address];
  const splitter = await deploy(built.paymentSplitter.bytecode, ['address[]', 'uint256[]'], [payees, [100n, 100n]]);
  const split = caller(splitter, built.paymentSplitter.abi);
  return { ...tokens, splitter, split, splits: await createSplits(bench, built.splitMain) };
}

/** A split of 0xSplits between two accounts. Gas of a payment with its distribution, and of a withdrawal. */
async function createSplits({ chain, deploy, caller, send }, { bytecode, abi }) {
  const address = await deploy(bytecode);
  const main = caller(address, abi);
  const read = (functionName, args = []) => chain.readContract({ address, abi, functionName, args });
  requirePublishedSplitMain(await chain.getCode({ address }), await read('walletImplementation'));
  const payees = [contributor.address, other.address].toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const terms = [payees, [500_000, 500_000], 0];
  await main(issuer, 'createSplit', [...terms, zeroAddress]);
  const wallet = await read('predictImmutableSplitAddress', terms);
  return {
    settle: async () =>
      (await gasOf(send(issuer, wallet, '0x', parseEther('1')))) +
      (await gasOf(main(issuer, 'distributeETH', [wallet, ...terms, zeroAddress]))),
    claim: () => gasOf(main(contributor, 'withdraw', [contributor.address, 1n, []])),
  };
}
