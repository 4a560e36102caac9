import { randomBytes } from 'node:crypto';
import {
  type Attestation,
  attestationDomain,
  attestationIdOf,
  attestationRegistryAbi,
  attestationToAbi,
  attestationTypes,
  type Channel,
  channelIdOf,
  channelToAbi,
  channelTypes,
  type Hex,
  protocolDomain,
  valueChannelsAbi,
  verdictOutcomes,
  type Voucher,
  voucherDigest,
  voucherTypes,
} from '@kedge/core';
import { encodeFunctionData, getAddress, hashTypedData } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hash, startStage, type Stage } from './fixture.js';

// The contract, viem and core encode by code of their own. What differs is printed whole, so no seed is needed.
const structs = 5_000;
const atOnce = 250;

const hex = (bytes: number): Hex => `0x${randomBytes(bytes).toString('hex')}`;
/** As likely of one size as of another: small numbers and the largest are where encoders differ. */
const uint = (bits: number): bigint => {
  const [first = 0] = randomBytes(1);
  return BigInt(hex(bits / 8)) >> BigInt(Math.round((first / 255) * bits));
};
const address = (): Hex => getAddress(hex(20));

const someChannel = (): Channel => ({
  holder: address(),
  tokenId: uint(256),
  operator: address(),
  channelKey: address(),
  cap: uint(64),
  rate: uint(64),
  burst: uint(64),
  deadline: uint(64),
  grace: Number(uint(32)),
  mode: uint(8) % 2n === 0n ? 'strict' : 'capped',
  salt: hex(32),
});

const someVoucher = (): Voucher => ({
  channelId: hex(32),
  cumulativeUnits: uint(64),
  receiptHash: hex(32),
  seq: uint(64),
});

const someAttestation = (): Attestation => {
  const [length = 0, outcome = 0] = randomBytes(2);
  return {
    subjectKind: uint(8) % 2n === 0n ? 'class' : 'token',
    subjectId: uint(256),
    attestationType: hex(32),
    version: Number(uint(32)),
    statementHash: hex(32),
    uri: randomBytes(length).toString('base64'),
    attester: address(),
    issuedAt: uint(64),
    expireAt: uint(64),
    ...(outcome % 4 === 3
      ? {}
      : { verdict: { refersTo: hex(32), outcome: verdictOutcomes[outcome % 4]!, method: hex(32) } }),
  };
};

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

/** Answers of the contract, many calls in one HTTP request. */
async function askContract(to: Hex, calls: readonly Hex[]): Promise<Hex[]> {
  const response = await fetch(stage.anvil.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(
      calls.map((data, id) => ({ jsonrpc: '2.0', id, method: 'eth_call', params: [{ to, data }, 'latest'] })),
    ),
  });
  const answers = (await response.json()) as { id: number; result: Hex }[];
  return answers.toSorted((a, b) => a.id - b.id).map(({ result }) => result);
}

test('R7: 5,000 random channels and 5,000 random vouchers have one digest in Solidity, viem and core', async () => {
  const { chainId, contracts } = stage.deployment;
  const at = { chainId, verifyingContract: contracts.ValueChannels };
  const domain = protocolDomain(at);
  for (let done = 0; done < structs; done += atOnce) {
    const channels = Array.from({ length: atOnce }, someChannel);
    const vouchers = Array.from({ length: atOnce }, someVoucher);
    const answers = await askContract(contracts.ValueChannels, [
      ...channels.map((channel) =>
        encodeFunctionData({ abi: valueChannelsAbi, functionName: 'channelIdOf', args: [channelToAbi(channel)] }),
      ),
      ...vouchers.map((voucher) =>
        encodeFunctionData({ abi: valueChannelsAbi, functionName: 'voucherDigest', args: [voucher] }),
      ),
    ]);
    for (const [index, channel] of channels.entries()) {
      const types = { domain, types: channelTypes, primaryType: 'Channel' } as const;
      const digests = {
        solidity: answers[index],
        viem: hashTypedData({ ...types, message: channelToAbi(channel) }),
        core: channelIdOf(at, channel, hash),
      };
      if (new Set(Object.values(digests)).size !== 1)
        expect(digests, JSON.stringify(channelToAbi(channel), String)).toBe('equal');
    }
    for (const [index, voucher] of vouchers.entries()) {
      const digests = {
        solidity: answers[atOnce + index],
        viem: hashTypedData({ domain, types: voucherTypes, primaryType: 'Voucher', message: voucher }),
        core: voucherDigest(at, voucher, hash),
      };
      if (new Set(Object.values(digests)).size !== 1) expect(digests, JSON.stringify(voucher, String)).toBe('equal');
    }
  }
});

test('P31: 1,000 random attestations have one digest in Solidity, viem and core', async () => {
  const { chainId, contracts } = stage.deployment;
  const at = { chainId, verifyingContract: contracts.AttestationRegistry! };
  for (let done = 0; done < 1_000; done += atOnce) {
    const attestations = Array.from({ length: atOnce }, someAttestation);
    const answers = await askContract(
      at.verifyingContract,
      attestations.map((one) =>
        encodeFunctionData({ abi: attestationRegistryAbi, functionName: 'idOf', args: [attestationToAbi(one)] }),
      ),
    );
    for (const [index, one] of attestations.entries()) {
      const types = { domain: attestationDomain(at), types: attestationTypes, primaryType: 'Attestation' } as const;
      const digests = {
        solidity: answers[index],
        viem: hashTypedData({ ...types, message: attestationToAbi(one) }),
        core: attestationIdOf(at, one, hash),
      };
      if (new Set(Object.values(digests)).size !== 1) expect(digests, JSON.stringify(one, String)).toBe('equal');
    }
  }
});
