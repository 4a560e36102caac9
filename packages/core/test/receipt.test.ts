import { encodeAbiParameters, getAbiItem, hashDomain, hashStruct, hashTypedData, type Hex } from 'viem';
import { describe, expect, test } from 'vitest';
import {
  bytesToHex,
  channelIdOf,
  channelToAbi,
  channelTypes,
  domainSeparatorOf,
  encodeChannel,
  hashBody,
  hashReceipt,
  hexToBytes,
  metricTypeOf,
  protocolDomain,
  receiptBatchDigest,
  receiptBatchTypes,
  receiptTypes,
  seqOf,
  splitSeq,
  typedDigest,
  utf8,
  valueChannelsAbi,
  voucherDigest,
  voucherTypes,
} from '../src/index.js';
import { typeText } from '../src/domain.js';
import * as examples from './examples.js';
import { address, bytes32, channel, domain, fc, keccak256, receipt, sha256, uint } from './fixture.js';

const domains = fc.record({ chainId: fc.nat(), verifyingContract: address });

describe('EIP-712', () => {
  test('the type of a receipt is the one of the protocol', () => {
    expect(typeText(receiptTypes)).toBe(
      'Receipt(bytes32 channelId,uint256 tokenId,uint256 classId,bytes32 policyHash,uint64 seq,bytes32 requestHash,' +
        'bytes32 responseHash,Metric[] metrics,uint64 units,uint64 cumulativeUnits,bytes32 previousReceiptHash,' +
        'uint64 issuedAt)Metric(bytes32 metricType,uint64 amount)',
    );
  });

  test('hashReceipt equals viem’s hashStruct for any receipt', () => {
    fc.assert(
      fc.property(receipt, (data) => {
        const metrics = data.metrics.map(({ metric, amount }) => ({
          metricType: metricTypeOf(metric, keccak256),
          amount,
        }));
        const expected = hashStruct({ data: { ...data, metrics }, primaryType: 'Receipt', types: receiptTypes });
        expect(hashReceipt(data, keccak256)).toBe(expected);
      }),
    );
  });

  test('hashReceipt does not remember the hasher of the call before', () => {
    const [first] = examples.receiptsOf(examples.salt);
    const shared = new Uint8Array(32);
    const intoShared = (bytes: Uint8Array) => (shared.set(keccak256(bytes)), shared);
    expect(hashReceipt(first!, sha256)).not.toBe(hashReceipt(first!, keccak256));
    // A hasher may answer in one buffer every time.
    expect(hashReceipt(first!, intoShared)).toBe(hashReceipt(first!, keccak256));
  });

  test('R14: receiptBatchDigest equals viem’s hashTypedData, from a domain or its separator', () => {
    const batches = fc.record({ operator: address, epoch: uint(32), batch: uint(64), root: bytes32 });
    fc.assert(
      fc.property(domains, batches, (at, message) => {
        const expected = hashTypedData({
          domain: protocolDomain(at),
          types: receiptBatchTypes,
          primaryType: 'ReceiptBatch',
          message: { ...message, epoch: Number(message.epoch) },
        });
        expect(receiptBatchDigest(at, message, keccak256)).toBe(expected);
        expect(receiptBatchDigest(domainSeparatorOf(at, keccak256), message, keccak256)).toBe(expected);
      }),
    );
  });

  test('voucherDigest equals viem’s hashTypedData', () => {
    const vouchers = fc.record({ channelId: bytes32, cumulativeUnits: uint(64), receiptHash: bytes32, seq: uint(64) });
    fc.assert(
      fc.property(domains, vouchers, (at, message) => {
        const typed = { domain: protocolDomain(at), types: voucherTypes, primaryType: 'Voucher', message } as const;
        expect(voucherDigest(at, message, keccak256)).toBe(hashTypedData(typed));
      }),
    );
  });

  test('R7: channelIdOf equals viem’s hashTypedData, and encodeChannel its ABI encoding', () => {
    const inputs = getAbiItem({ abi: valueChannelsAbi, name: 'close' }).inputs;
    fc.assert(
      fc.property(domains, channel, (at, terms) => {
        const message = channelToAbi(terms);
        const typed = { domain: protocolDomain(at), types: channelTypes, primaryType: 'Channel', message } as const;
        expect(channelIdOf(at, terms, keccak256)).toBe(hashTypedData(typed));
        expect(encodeChannel(terms)).toBe(encodeAbiParameters(inputs, [message]));
      }),
    );
  });

  test('R7: every field of the terms makes another channel', () => {
    const id = channelIdOf(domain, examples.channel, keccak256);
    const others = {
      holder: examples.channel.operator,
      tokenId: 1n,
      operator: examples.channel.holder,
      channelKey: examples.channel.holder,
      cap: 1n,
      rate: 1n,
      burst: 1n,
      deadline: 1n,
      grace: 1,
      mode: 'strict',
      salt: bytesToHex(new Uint8Array(32)),
    } as const;
    const ids = Object.entries(others).map(([field, value]) =>
      channelIdOf(domain, { ...examples.channel, [field]: value }, keccak256),
    );
    expect(new Set([id, ...ids]).size).toBe(12);
  });

  test('the domain separator and a digest are those of EIP-712', () => {
    const separator = hashDomain({
      domain: { ...protocolDomain(domain), chainId: BigInt(domain.chainId) },
      types: {
        EIP712Domain: [
          { name: 'name', type: 'string' },
          { name: 'version', type: 'string' },
          { name: 'chainId', type: 'uint256' },
          { name: 'verifyingContract', type: 'address' },
        ],
      },
    });
    expect(domainSeparatorOf(domain, keccak256)).toBe(separator);
    const data: Hex = `0x1901${separator.slice(2)}${examples.salt.slice(2)}`;
    expect(typedDigest(separator, examples.salt, keccak256)).toBe(
      bytesToHex(keccak256(Uint8Array.from(Buffer.from(data.slice(2), 'hex')))),
    );
  });
});

describe('ranges', () => {
  const [example] = examples.receiptsOf(examples.salt);

  test.each([
    ['units', 1n << 64n],
    ['seq', -1n],
    ['tokenId', 1n << 256n],
    ['issuedAt', 1n << 64n],
  ])('a receipt with %s = %s is refused and names the field', (field, value) => {
    expect(() => hashReceipt({ ...example!, [field]: value }, keccak256)).toThrow(
      expect.objectContaining({ code: 'integer_out_of_range', values: expect.objectContaining({ field, value }) }),
    );
  });

  test('a metric beyond uint64 is refused and named', () => {
    const metrics = [{ metric: 'bytes' as const, amount: 1n << 64n }];
    expect(() => hashReceipt({ ...example!, metrics }, keccak256)).toThrow(
      expect.objectContaining({ values: expect.objectContaining({ field: 'bytes' }) }),
    );
  });

  test('a hash of the wrong length is refused', () => {
    expect(() => hashReceipt({ ...example!, channelId: '0x12' }, keccak256)).toThrow(
      expect.objectContaining({ code: 'hex_invalid' }),
    );
  });

  test('a batch’s epoch beyond uint32 is refused', () => {
    const batch = { operator: domain.verifyingContract, epoch: 1n << 32n, batch: 1n, root: examples.salt };
    expect(() => receiptBatchDigest(domain, batch, keccak256)).toThrow(
      expect.objectContaining({ code: 'integer_out_of_range' }),
    );
  });
});

describe('seq', () => {
  test('R15: epoch and counter survive the round trip, and order by epoch first', () => {
    fc.assert(
      fc.property(uint(24), uint(40), (epoch, counter) => {
        expect(splitSeq(seqOf(epoch, counter))).toEqual({ epoch, counter });
      }),
    );
    expect(seqOf(2n, 1n)).toBeGreaterThan(seqOf(1n, (1n << 40n) - 1n));
    expect(seqOf((1n << 24n) - 1n, (1n << 40n) - 1n)).toBe((1n << 64n) - 1n);
  });

  test.each([
    [1n << 24n, 1n],
    [-1n, 1n],
    [1n, 1n << 40n],
    [1n, -1n],
  ])('epoch %s with counter %s is refused', (epoch, counter) => {
    expect(() => seqOf(epoch, counter)).toThrow(expect.objectContaining({ code: 'seq_out_of_range' }));
  });
});

describe('bodies', () => {
  test('R16: a body’s hash is sha256 of salt and bytes', () => {
    const data = new Uint8Array([...hexToBytes(examples.salt), ...utf8('hello')]);
    expect(hashBody(examples.salt, utf8('hello'), sha256)).toBe(bytesToHex(sha256(data)));
    expect(hashBody(examples.salt, utf8('hellp'), sha256)).not.toBe(bytesToHex(sha256(data)));
  });
});
