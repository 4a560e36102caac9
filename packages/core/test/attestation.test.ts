import { hashTypedData } from 'viem';
import { describe, expect, test } from 'vitest';
import {
  attestationDomain,
  attestationFromAbi,
  attestationIdOf,
  attestationLabels,
  attestationStateAt,
  attestationToAbi,
  attestationTypes,
  labelHash,
  labelOf,
  methodLabels,
  verdictOutcomes,
  verdictTypeOf,
  type Attestation,
} from '../src/index.js';
import { statement, verdictOn } from './examples.js';
import { address, bytes32, domain, fc, keccak256, uint } from './fixture.js';

const attestation: fc.Arbitrary<Attestation> = fc
  .record({
    subjectKind: fc.constantFrom('class' as const, 'token' as const),
    subjectId: uint(256),
    attestationType: bytes32,
    version: uint(32).map(Number),
    statementHash: bytes32,
    uri: fc.string({ unit: 'binary', maxLength: 100 }),
    attester: address,
    issuedAt: uint(64),
    expireAt: uint(64),
    verdict: fc.option(
      fc.record({ refersTo: bytes32, outcome: fc.constantFrom(...verdictOutcomes), method: bytes32 }),
      { nil: undefined },
    ),
  })
  .map(({ verdict, ...rest }) => (verdict === undefined ? rest : { ...rest, verdict }));

describe('attestations', () => {
  test('P31: the id is what a wallet signs, whatever the fields', () => {
    fc.assert(
      fc.property(attestation, (one) => {
        const digest = hashTypedData({
          domain: attestationDomain(domain),
          types: attestationTypes,
          primaryType: 'Attestation',
          message: attestationToAbi(one),
        });
        expect(attestationIdOf(domain, one, keccak256)).toBe(digest);
        expect(attestationFromAbi(attestationToAbi(one))).toEqual(one);
      }),
    );
  });

  test('P31: chain, contract and every field are bound', () => {
    const id = attestationIdOf(domain, statement, keccak256);
    const others: string[] = [
      attestationIdOf({ ...domain, chainId: 1 }, statement, keccak256),
      attestationIdOf({ ...domain, verifyingContract: statement.attester }, statement, keccak256),
      attestationIdOf(domain, { ...statement, subjectKind: 'token' }, keccak256),
      attestationIdOf(domain, { ...statement, version: 2 }, keccak256),
      attestationIdOf(domain, { ...statement, uri: '' }, keccak256),
      attestationIdOf(domain, verdictOn(id), keccak256),
    ];
    expect(new Set([id, ...others]).size).toBe(others.length + 1);
  });

  test('a number that does not fit is named', () => {
    expect(() => attestationIdOf(domain, { ...statement, version: 2 ** 32 }, keccak256)).toThrow(
      expect.objectContaining({ code: 'integer_out_of_range' }),
    );
  });

  test('P26: labels are hashes on chain, and known ones are read back', () => {
    for (const label of [...attestationLabels, ...methodLabels, 'verdict']) {
      expect(labelOf(labelHash(label, keccak256), keccak256)).toBe(label);
    }
    expect(labelOf(verdictTypeOf(keccak256), keccak256)).toBe('verdict');
    expect(labelOf(labelHash('another', keccak256), keccak256)).toBeUndefined();
  });

  test('P31: an attestation is valid in its last second, and revoked for ever', () => {
    expect(attestationStateAt({ revoked: false, expireAt: 10n }, 10n)).toBe('valid');
    expect(attestationStateAt({ revoked: false, expireAt: 10n }, 11n)).toBe('expired');
    expect(attestationStateAt({ revoked: false, expireAt: 0n }, 11n)).toBe('valid');
    expect(attestationStateAt({ revoked: true, expireAt: 10n }, 11n)).toBe('revoked');
  });
});
