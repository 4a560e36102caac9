import type { Clause } from '../clause.js';
import {
  claimCall,
  commonClass,
  eth,
  expiryStory,
  metric,
  newClass,
  settle,
  shareClass,
  soon,
  tryMint,
  valueToken,
} from '../lab/fixtures.js';
import { deployAsset } from '../lab/assetProbe.js';
import { emitted, eventsOf } from '../lab/events.js';
import { recorded } from './approvals.js';
import { updateMetadata, updatePolicy } from './classes.js';
import { prepare, succeed, type Lab } from '../lab/lab.js';
import { ClauseFailed } from '../outcome.js';

const event = (name: string, words: string, check: (lab: Lab) => Promise<string | void>, note?: string): Clause => ({
  id: `D4.${name}`,
  section: '4',
  level: 'MUST',
  words,
  ...(note === undefined ? {} : { note }),
  check,
});

/** Section 4: each required event, with its fields, when what it tells happens. */
export const eventClauses: readonly Clause[] = [
  event(
    'ClassCreated',
    'event ClassCreated(uint256 indexed classId, string metadataURI, bytes32 integrityHash);',
    async (lab) => {
      const { done, classId, terms } = await newClass(lab);
      const { metadataURI, integrityHash } = terms;
      emitted(lab, done, 'ClassCreated', { classId, metadataURI, integrityHash });
    },
  ),
  event('ClassPolicyUpdated', 'event ClassPolicyUpdated(uint256 indexed classId, string policyURI);', async (lab) => {
    const { classId } = await newClass(lab);
    const done = await prepare('the policy could not be updated', () => updatePolicy(lab, classId));
    emitted(lab, done, 'ClassPolicyUpdated', { classId, policyURI: 'ipfs://policy/2' });
  }),
  event(
    'MetadataUpdated',
    'event MetadataUpdated(uint256 indexed classId, string metadataURI, bytes32 integrityHash);',
    async (lab) => {
      const { classId } = await newClass(lab);
      const done = await prepare('the metadata could not be updated', () => updateMetadata(lab, classId));
      emitted(lab, done, 'MetadataUpdated', { classId, metadataURI: 'ipfs://2', integrityHash: done.hash });
    },
  ),
  event(
    'Minted',
    'event Minted(uint256 indexed tokenId, uint256 indexed classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt);',
    async (lab) => {
      const { classId } = await newClass(lab);
      const expireAt = (await soon(lab)) + 10_000_000n;
      const terms = { classId, value: 12n, share: 34n, expireAt };
      const { done, tokenId } = await prepare('no token could be minted', () => tryMint(lab, terms));
      const to = lab.actors.alice.address;
      emitted(lab, done, 'Minted', { tokenId, classId, to, value: 12n, shareRatio: 34n, expireAt });
    },
  ),
  event(
    'TransferToken',
    'event TransferToken(uint256 indexed tokenId, address indexed from, address indexed to);',
    async (lab) => {
      const { alice, bob } = lab.actors;
      const tokenId = await valueToken(lab);
      const call = { name: 'transferToken', args: [tokenId, bob.address] };
      const done = await prepare('the token could not be transferred', () => succeed(lab, alice, call));
      emitted(lab, done, 'TransferToken', { tokenId, from: alice.address, to: bob.address });
    },
  ),
  event(
    'ValueTransferred',
    'event ValueTransferred(uint256 indexed fromTokenId, uint256 indexed toTokenId, uint256 value);',
    async (lab) => {
      const [fromTokenId, toTokenId] = [await valueToken(lab), await valueToken(lab)];
      const call = { name: 'transferValue', args: [fromTokenId, toTokenId, 7n] };
      const done = await prepare('value could not be transferred', () => succeed(lab, lab.actors.alice, call));
      emitted(lab, done, 'ValueTransferred', { fromTokenId, toTokenId, value: 7n });
    },
  ),
  event(
    'Expired',
    'event Expired(uint256 indexed tokenId);',
    async (lab) => {
      const { observed, expired } = await expiryStory(lab);
      const events = observed.flatMap((done) => eventsOf(lab, done, 'Expired'));
      if (events.some(({ tokenId }) => tokenId === expired)) return;
      throw new ClauseFailed(
        'Expired was emitted neither by a settlement, nor by a claim, nor by a transfer of the expired token',
        observed.at(-1)!.evidence,
      );
    },
    'The draft says "on first observation" and not by what. A revert leaves no event, so usage, which must revert, cannot be it.',
  ),
  event(
    'UsageRecorded',
    'event UsageRecorded(uint256 indexed tokenId, bytes32 metricType, uint256 amount, address actor);',
    async (lab) => {
      const tokenId = await valueToken(lab);
      const { by, ...done } = await recorded(lab, tokenId, 3n);
      emitted(lab, done, 'UsageRecorded', { tokenId, metricType: metric, amount: 3n, actor: by.address });
    },
  ),
  event(
    'RevenueSettled',
    'event RevenueSettled(uint256 indexed classId, address indexed asset, uint256 amount);',
    async (lab) => {
      const { classId } = await shareClass(lab, [1n]);
      for (const asset of [eth, await deployAsset(lab)]) {
        emitted(lab, await settle(lab, classId, 1_000n, asset), 'RevenueSettled', { classId, asset, amount: 1_000n });
      }
    },
  ),
  event(
    'Claimed',
    'event Claimed(uint256 indexed tokenId, address indexed to, address indexed asset, uint256 amount);',
    async (lab) => {
      const { alice, stranger } = lab.actors;
      const { classId, tokens } = await shareClass(lab, [1n]);
      const [tokenId] = tokens as [bigint];
      for (const asset of [eth, await deployAsset(lab)]) {
        await settle(lab, classId, 1_000n, asset);
        const claim = claimCall(tokenId, stranger.address, asset);
        const done = await prepare('revenue could not be claimed', () => succeed(lab, alice, claim));
        emitted(lab, done, 'Claimed', { tokenId, to: stranger.address, asset, amount: 1_000n });
      }
    },
  ),
  event(
    'ApprovalForClass',
    'event ApprovalForClass(address indexed owner, uint256 indexed classId, address indexed operator, bool approved);',
    async (lab) => {
      const { classId } = await commonClass(lab);
      const { bob, operator } = lab.actors;
      for (const approved of [true, false]) {
        const call = { name: 'approveForClass', args: [classId, operator.address, approved] };
        const done = await prepare('nobody could be approved', () => succeed(lab, bob, call));
        emitted(lab, done, 'ApprovalForClass', { owner: bob.address, classId, operator: operator.address, approved });
      }
    },
  ),
];
