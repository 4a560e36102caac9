#!/usr/bin/env node
// A second verifier of receipts: one file that shares no code with Kedge, with every type and encoding written out. Where
// this and `kedge verify` agree, neither has to be trusted. A test holds them together.
//
//   node examples/verifyReceipt.mjs receipts.json --chain 31337 --contract 0x… [--operator 0x…] [--policy policy.json]
//     [--request body.json --response body.json]
//
// The contract is ValueChannels. The file holds one receipt or an array of them, as the gateway's
// GET /v1/receipts/<channelId>/<seq> answers; bodies are those of one receipt, a stream's without the line of the receipt.
// Exits with 0 when all checks hold, with 1 when one fails, with 2 when it cannot check. What was not checked is said.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { secp256k1 } from '@noble/curves/secp256k1';
import { keccak_256 } from '@noble/hashes/sha3';

const bytesOf = (hex) => {
  if (!/^0x([0-9a-f]{2})*$/i.test(hex)) throw new Error(`${hex} is no hexadecimal text`);
  return Buffer.from(hex.slice(2), 'hex');
};
const hexOf = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const keccak = (...parts) => Buffer.from(keccak_256(Buffer.concat(parts)));
const keccakText = (text) => keccak(Buffer.from(text, 'utf8'));

/** An integer as a 32-byte word. */
const uint = (value, bits) => {
  const integer = BigInt(value);
  if (integer < 0n || integer >> BigInt(bits) !== 0n) throw new Error(`${value} does not fit ${bits} bits`);
  return Buffer.from(integer.toString(16).padStart(64, '0'), 'hex');
};
const bytes32 = (hex) => {
  const bytes = bytesOf(hex);
  if (bytes.length !== 32) throw new Error(`${hex} has not 32 bytes`);
  return bytes;
};
const address = (hex) => {
  const bytes = bytesOf(hex);
  if (bytes.length !== 20) throw new Error(`${hex} is no address`);
  return Buffer.concat([Buffer.alloc(12), bytes]);
};

// EIP-712, type by type.
const metricType = 'Metric(bytes32 metricType,uint64 amount)';
const receiptType =
  'Receipt(bytes32 channelId,uint256 tokenId,uint256 classId,bytes32 policyHash,uint64 seq,bytes32 requestHash,' +
  'bytes32 responseHash,Metric[] metrics,uint64 units,uint64 cumulativeUnits,bytes32 previousReceiptHash,' +
  `uint64 issuedAt)${metricType}`;
const batchType = 'ReceiptBatch(address operator,uint32 epoch,uint64 batch,bytes32 root)';
const voucherType = 'Voucher(bytes32 channelId,uint64 cumulativeUnits,bytes32 receiptHash,uint64 seq)';
const channelType =
  'Channel(address holder,uint256 tokenId,address operator,address channelKey,uint64 cap,uint64 rate,uint64 burst,' +
  'uint64 deadline,uint32 grace,uint8 mode,bytes32 salt)';
const rateType = 'Rate(bytes32 metricType,uint64 rate)';
const rateQuoteType =
  'RateQuote(bytes32 policyHash,uint64 sequence,uint64 observedAt,uint64 validUntil,Rate[] rates)' + rateType;
const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';

const digestOf = (domain, structHash) => {
  const separator = keccak(
    keccakText(domainType),
    keccakText('Kedge ValueChannels'),
    keccakText('1'),
    uint(domain.chainId, 256),
    address(domain.verifyingContract),
  );
  return hexOf(keccak(Buffer.from([0x19, 0x01]), separator, structHash));
};

/** The hash that vouchers, chains and leaves name a receipt by. */
export function receiptHashOf(receipt) {
  const metrics = receipt.metrics.map(({ metric, amount }) =>
    keccak(keccakText(metricType), keccakText(metric), uint(amount, 64)),
  );
  return hexOf(
    keccak(
      keccakText(receiptType),
      bytes32(receipt.channelId),
      uint(receipt.tokenId, 256),
      uint(receipt.classId, 256),
      bytes32(receipt.policyHash),
      uint(receipt.seq, 64),
      bytes32(receipt.requestHash),
      bytes32(receipt.responseHash),
      keccak(...metrics),
      uint(receipt.units, 64),
      uint(receipt.cumulativeUnits, 64),
      bytes32(receipt.previousReceiptHash),
      uint(receipt.issuedAt, 64),
    ),
  );
}

/** What the operator signs for a batch of receipts. */
export function batchDigestOf(domain, { operator, epoch, batch, root }) {
  return digestOf(
    domain,
    keccak(keccakText(batchType), address(operator), uint(epoch, 32), uint(batch, 64), bytes32(root)),
  );
}

/** What a channel key signs. */
export function voucherDigestOf(domain, { channelId, cumulativeUnits, receiptHash, seq }) {
  return digestOf(
    domain,
    keccak(keccakText(voucherType), bytes32(channelId), uint(cumulativeUnits, 64), bytes32(receiptHash), uint(seq, 64)),
  );
}

/** A channel's id. */
export function channelIdOf(domain, channel) {
  return digestOf(
    domain,
    keccak(
      keccakText(channelType),
      address(channel.holder),
      uint(channel.tokenId, 256),
      address(channel.operator),
      address(channel.channelKey),
      uint(channel.cap, 64),
      uint(channel.rate, 64),
      uint(channel.burst, 64),
      uint(channel.deadline, 64),
      uint(channel.grace, 32),
      uint(['strict', 'capped'].indexOf(channel.mode), 8),
      bytes32(channel.salt),
    ),
  );
}

/** The order in which a quote's rates are hashed. */
const rateLabels =
  'input_tokens cached_tokens output_tokens reasoning_tokens requests images seconds bytes records units'.split(' ');

/** What the signers of a policy's oracle sign. */
export function rateQuoteDigestOf(domain, { policyHash, sequence, observedAt, validUntil, rates }) {
  const named = rateLabels.filter((metric) => rates[metric] !== undefined);
  const hashes = named.map((metric) => keccak(keccakText(rateType), keccakText(metric), uint(rates[metric], 64)));
  return digestOf(
    domain,
    keccak(
      keccakText(rateQuoteType),
      bytes32(policyHash),
      uint(sequence, 64),
      uint(observedAt, 64),
      uint(validUntil, 64),
      keccak(...hashes),
    ),
  );
}

/** A leaf is its receipt's hash, hashed once more. */
export const leafOf = (receiptHash) => hexOf(keccak(bytes32(receiptHash)));

/** Where a path leads: pairs are hashed in ascending order. */
export function rootOf(leaf, path) {
  return path.reduce((node, sibling) => {
    const pair = [bytes32(node), bytes32(sibling)].toSorted(Buffer.compare);
    return hexOf(keccak(...pair));
  }, leaf);
}

/** RFC 8785 for what policies hold: texts, whole numbers, lists, objects. */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.keys(value).toSorted();
    return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

export const policyHashOf = (policy) => hexOf(keccakText(canonicalJson(policy)));

/** Who signed a digest. Of each signature there are others that say the same: the chain takes this one only, as a proof. */
export function signerOf(digest, signature) {
  const bytes = bytesOf(signature);
  if (bytes.length !== 65) throw new Error('a signature has 65 bytes');
  const isLower = BigInt(hexOf(bytes.subarray(32, 64))) <= secp256k1.CURVE.n / 2n;
  if (!isLower || (bytes[64] !== 27 && bytes[64] !== 28)) throw new Error('the chain takes no such signature');
  const point = secp256k1.Signature.fromCompact(bytes.subarray(0, 64))
    .addRecoveryBit(bytes[64] - 27)
    .recoverPublicKey(bytesOf(digest));
  return hexOf(keccak(Buffer.from(point.toRawBytes(false).subarray(1))).subarray(12));
}

// The form of a receipt's JSON, field by field: what is missing, unknown or written otherwise makes it none.
const text = (pattern, what) => (value, at) => {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Error(`${at} is not ${what}`);
};
const hash = text(/^0x[0-9a-f]{64}$/, '32 bytes in lower case');
const hex = text(/^0x([0-9a-f]{2})*$/, 'bytes in lower case');
const account = text(/^0x[0-9a-fA-F]{40}$/, 'an address');
const decimal = (bits) => (value, at) => {
  text(/^(0|[1-9][0-9]{0,77})$/, 'a decimal text')(value, at);
  uint(value, bits);
};
const positive = (bits) => (value, at) => {
  decimal(bits)(value, at);
  if (value === '0') throw new Error(`${at} is 0`);
};
const words = (most) => (value, at) => {
  if (typeof value !== 'string' || value === '' || value.length > most) throw new Error(`${at} is no text`);
};
const whole = (least, most) => (value, at) => {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new Error(`${at} is not a whole number from ${least} to ${most}`);
};
const oneOf = (values) => (value, at) => {
  if (!values.includes(value)) throw new Error(`${at} is not one of ${values.join(', ')}`);
};
const list = (form, least, most) => (value, at) => {
  if (!Array.isArray(value) || value.length < least || value.length > most)
    throw new Error(`${at} is not a list of ${least} to ${most}`);
  value.forEach((each, index) => form(each, `${at}.${index}`));
};
const members = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${at} is not an object`);
  return Object.entries(value);
};
const object =
  (forms, optional = {}) =>
  (value, at) => {
    const known = new Map(Object.entries({ ...forms, ...optional }));
    const given = new Map(members(value, at));
    for (const name of given.keys()) if (!known.has(name)) throw new Error(`${at}.${name} is unknown`);
    for (const [name, form] of known)
      if (given.has(name) || Object.hasOwn(forms, name)) form(given.get(name), `${at}.${name}`);
  };
/** At least one member, each named by a label. */
const oneOfEach = (labels, value, at) => {
  const names = members(value, at).map(([name]) => name);
  list(oneOf(labels), 1, labels.length)(names, at);
};
const ratesForm = (value, at) => {
  oneOfEach(rateLabels, value, at);
  for (const [name, rate] of members(value, at)) decimal(64)(rate, `${at}.${name}`);
};
const metricForm = object({ metric: oneOf([...rateLabels, 'rate_quote']), amount: decimal(64) });
const receiptForm = object({
  channelId: hash,
  tokenId: decimal(256),
  classId: decimal(256),
  policyHash: hash,
  seq: decimal(64),
  requestHash: hash,
  responseHash: hash,
  metrics: list(metricForm, 0, rateLabels.length + 1),
  units: decimal(64),
  cumulativeUnits: decimal(64),
  previousReceiptHash: hash,
  issuedAt: decimal(64),
});
const quoteForm = object({
  policyHash: hash,
  sequence: positive(64),
  observedAt: decimal(64),
  validUntil: decimal(64),
  rates: ratesForm,
});
const quoteSignature = text(/^0x[0-9a-f]{130}$/, '65 bytes in lower case');
const signedReceiptForm = object(
  {
    receipt: receiptForm,
    batch: object({ operator: account, epoch: decimal(32), batch: decimal(64), root: hash }),
    path: list(hash, 0, 64),
    signature: hex,
    signer: account,
    salt: hash,
  },
  { rateQuote: object({ quote: quoteForm, signatures: list(quoteSignature, 1, 16) }) },
);

// The form of a policy. Of what a policy has that is unknown, nobody can say that a receipt follows it.
const windowForm = (value, at) => {
  object({ seconds: oneOf([60, 3600, 86_400]) }, { units: positive(64), requests: whole(1, Number.MAX_SAFE_INTEGER) })(
    value,
    at,
  );
  if (value.units === undefined && value.requests === undefined) throw new Error(`${at} bounds nothing`);
};
const clock = /^([01]\d|2[0-3]):[0-5]\d$/;
const hoursForm = (value, at) => {
  object(
    { from: text(clock, 'a time'), until: text(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time') },
    { days: list(oneOf('sun mon tue wed thu fri sat'.split(' ')), 1, Infinity) },
  )(value, at);
  if (value.from >= value.until) throw new Error(`${at} ends before it begins`);
};
const boundsForm = (value, at) => {
  const bounds = object({ min: decimal(64), max: decimal(64) });
  oneOfEach(rateLabels, value, at);
  for (const [name, each] of members(value, at)) {
    bounds(each, `${at}.${name}`);
    if (BigInt(each.min) > BigInt(each.max)) throw new Error(`${at}.${name} has nothing between its ends`);
  }
};
const oracleForm = (value, at) => {
  object(
    {
      signers: list(account, 1, 16),
      maxAgeSeconds: whole(1, 86_400),
      callSeconds: whole(1, 86_400),
      bounds: boundsForm,
    },
    { threshold: whole(1, 16) },
  )(value, at);
  const signers = value.signers.map((signer) => BigInt(signer));
  const ascend = signers.every((signer, place) => signer > (place === 0 ? 0n : signers[place - 1]));
  if (!ascend) throw new Error(`${at}.signers do not ascend from more than zero`);
  if ((value.threshold ?? 1) > signers.length) throw new Error(`${at} has too few signers`);
};
const policyForm = (value, at) => {
  members(value, at);
  const version = ['kedge-policy/1', 'kedge-policy/2', 'kedge-policy/3'].indexOf(value.format) + 1;
  const count = whole(1, Number.MAX_SAFE_INTEGER);
  const windows = version >= 2 ? { windows: list(windowForm, 1, 8) } : {};
  const later = {
    surfaces: list(text(/^(\/[a-z]+)+$/, 'a path'), 1, Infinity),
    hours: list(hoursForm, 1, 50),
    usage: object({
      rules: oneOf(['gateway', 'upstream']),
      toleranceBasisPoints: whole(0, 10_000),
      toleranceTokens: whole(0, 1_000_000),
    }),
  };
  object(
    {
      format: (_, name) => {
        if (version === 0) throw new Error(`${name} is unknown`);
      },
      unit: object({ name: words(64), decimals: whole(0, 18) }),
      rates: ratesForm,
      caps: object(
        { outputTokensPerCall: count },
        { unitsPerCall: positive(64), inputTokensPerCall: count, ...windows },
      ),
      tokenizer: object({ encoding: oneOf(['o200k_base']), package: words(Infinity), vocabularySha256: hash }),
      operators: list(account, 1, Infinity),
      models: list(words(Infinity), 1, Infinity),
      licence: words(Infinity),
    },
    {
      price: object({ asset: account, numerator: positive(96), denominator: positive(64) }),
      ...(version >= 2 ? later : {}),
      ...(version >= 3 ? { oracle: oracleForm } : {}),
    },
  )(value, at);
  for (const [name, { min, max }] of Object.entries(value.oracle?.bounds ?? {})) {
    const rate = Object.hasOwn(value.rates, name) ? BigInt(value.rates[name]) : -1n;
    if (rate < BigInt(min) || rate > BigInt(max)) throw new Error(`${at}.rates.${name} is outside of its bounds`);
  }
};

const same = (left, right) => left.toLowerCase() === right.toLowerCase();

/**
 * The rates that a receipt is under: the policy's own, or those of the quote that it names and carries.
 * @throws Error for a quote that does not count.
 */
function ratesOf({ receipt, rateQuote }, policy, domain) {
  const named = receipt.metrics.filter(({ metric }) => metric === 'rate_quote');
  if (rateQuote === undefined && named.length === 0) return policy.rates;
  const { quote, signatures } = rateQuote ?? {};
  if (named.length !== 1 || quote?.sequence !== named[0].amount)
    throw new Error('it names another quote than it carries');
  const { oracle } = policy;
  if (oracle === undefined) throw new Error('the policy has no oracle');
  if (quote.policyHash !== receipt.policyHash) throw new Error('its quote is of another policy');
  for (const [metric, rate] of Object.entries(quote.rates)) {
    const bounds = oracle.bounds[metric];
    const isWithin = bounds !== undefined && BigInt(bounds.min) <= BigInt(rate) && BigInt(rate) <= BigInt(bounds.max);
    if (!isWithin) throw new Error(`its quote is outside of oracle.bounds.${metric}`);
  }
  const [observedAt, validUntil, at] = [quote.observedAt, quote.validUntil, receipt.issuedAt].map(BigInt);
  const oldest = observedAt + BigInt(oracle.maxAgeSeconds);
  const end = (validUntil < oldest ? validUntil : oldest) + BigInt(oracle.callSeconds);
  if (observedAt > at + 30n || at > end) throw new Error('its quote did not count when it was issued');
  const digest = rateQuoteDigestOf(domain, quote);
  const signers = signatures.map((signature) => signerOf(digest, signature));
  const areAllowed = signers.every((signer) => oracle.signers.some((allowed) => same(allowed, signer)));
  const ascend = signers.every((signer, place) => place === 0 || signers[place - 1] < signer);
  if (!areAllowed || !ascend || signers.length < (oracle.threshold ?? 1)) throw new Error('its quote is not signed');
  return { ...policy.rates, ...quote.rates, rate_quote: '0' };
}

/**
 * Checks receipts of one or more channels. Answers with a list of { index, name, ok, detail }.
 *
 * @throws Error for what is not written as a receipt is, or as a policy is
 * @param options domain; operator (who must have signed), policy, and bodies by index, as far as they are known
 */
export function verify(receipts, { domain, operator, policy, bodies = [] }) {
  receipts.forEach((each, index) => signedReceiptForm(each, `receipt ${index + 1}`));
  if (policy !== undefined) policyForm(policy, 'the policy');
  const checks = [];
  const hashes = receipts.map(({ receipt }) => receiptHashOf(receipt));
  receipts.forEach((signedReceipt, index) => {
    const { receipt, batch, path, signature, signer, salt } = signedReceipt;
    const check = (name, ok, detail) => checks.push({ index, name, ok, detail });
    const root = rootOf(leafOf(hashes[index]), path);
    check('path', root === batch.root, `leads to ${root}, the batch has ${batch.root}`);
    const expected = operator ?? batch.operator;
    let signed;
    try {
      signed = signerOf(batchDigestOf(domain, batch), signature);
    } catch (error) {
      signed = `nobody (${error.message})`;
    }
    const isSigned = [batch.operator, signed, signer].every((each) => same(each, expected));
    check(
      'signature',
      isSigned,
      `signed by ${signed}, ${operator === undefined ? 'the batch is of' : 'expected'} ${expected}`,
    );
    if (policy !== undefined) {
      const isPolicy = policyHashOf(policy) === receipt.policyHash;
      let rates = {};
      let why = '';
      try {
        rates = ratesOf(signedReceipt, policy, domain);
      } catch (error) {
        why = `, ${error.message}`;
      }
      const isPriced = receipt.metrics.every(({ metric }) => rates[metric] !== undefined);
      const units = receipt.metrics.reduce(
        (sum, { metric, amount }) => sum + BigInt(rates[metric] ?? 0) * BigInt(amount),
        0n,
      );
      const ok = isPolicy && isPriced && why === '' && units === BigInt(receipt.units);
      check('units', ok, `${units} by the policy, ${receipt.units} in the receipt${why}`);
    }
    const hashBody = (body) => `0x${createHash('sha256').update(bytes32(salt)).update(body).digest('hex')}`;
    for (const part of ['request', 'response']) {
      const body = bodies[index]?.[part];
      if (body === undefined) continue;
      const hash = hashBody(body);
      check('body', hash === receipt[`${part}Hash`], `the ${part} hashes to ${hash}`);
    }
  });
  // Receipts of a channel follow one another, in the order of their numbers.
  const order = receipts.map((_, index) => index);
  order.sort((a, b) => Number(BigInt(receipts[a].receipt.seq) - BigInt(receipts[b].receipt.seq)) || a - b);
  const last = new Map();
  for (const index of order) {
    const { receipt } = receipts[index];
    const before = last.get(receipt.channelId);
    last.set(receipt.channelId, index);
    const check = (name, ok, detail) => checks.push({ index, name, ok, detail });
    const [units, cumulative] = [BigInt(receipt.units), BigInt(receipt.cumulativeUnits)];
    if (before === undefined) {
      const isFirst = BigInt(receipt.previousReceiptHash) === 0n;
      check('cumulative', isFirst ? cumulative === units : cumulative >= units, `${cumulative} in all`);
      continue;
    }
    const previous = receipts[before].receipt;
    if (previous.seq === receipt.seq) {
      check('chain', hashes[before] === hashes[index], `${receipt.seq} is given twice`);
      continue;
    }
    const isNext =
      receipt.previousReceiptHash === hashes[before] &&
      previous.tokenId === receipt.tokenId &&
      previous.classId === receipt.classId;
    check('chain', isNext, `follows ${receipt.previousReceiptHash}, the one before is ${hashes[before]}`);
    if (isNext) check('cumulative', cumulative === BigInt(previous.cumulativeUnits) + units, `${cumulative} in all`);
  }
  return checks;
}

const options = ['chain', 'contract', 'operator', 'policy', 'request', 'response'];

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(options.map((name) => [name, { type: 'string' }])),
  });
  const { chain, contract, operator, policy, request, response } = values;
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0 || chain === undefined || contract === undefined)
    throw new Error('usage: verifyReceipt.mjs receipts.json --chain <id> --contract <ValueChannels>');
  const json = readJson(file);
  const receipts = Array.isArray(json) ? json : [json];
  if (receipts.length === 0 || !receipts.every((each) => each?.receipt)) throw new Error(`${file} has no receipt`);
  const isBody = request !== undefined || response !== undefined;
  if (isBody && receipts.length !== 1) throw new Error(`bodies are of one receipt, ${file} has ${receipts.length}`);
  const checks = verify(receipts, {
    domain: { chainId: chain, verifyingContract: contract },
    operator,
    policy: policy === undefined ? undefined : readJson(policy),
    bodies: [{ request: request && readFileSync(request), response: response && readFileSync(response) }],
  });
  for (const { index, name, ok, detail } of checks) {
    process.stdout.write(`${ok ? '✓' : '✗'} receipt ${index + 1} ${name}: ${detail}\n`);
  }
  const unchecked = [
    operator === undefined && 'who the operator is: --operator <address>',
    policy === undefined && 'units: --policy <file>',
    !isBody && 'bodies: --request <file> --response <file>',
    'whether the chain knows the channel, and the batch is anchored: kedge verify',
  ];
  for (const each of unchecked) if (each) process.stdout.write(`- not checked: ${each}\n`);
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

function readJson(file) {
  const content = readFileSync(file, 'utf8').trim();
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new Error(`${file} is not JSON: a receipt is, an answer that has one is not`, { cause });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    process.exitCode = main();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
