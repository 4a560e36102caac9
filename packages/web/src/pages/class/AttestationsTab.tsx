import { isSameAddress, type ClassDetail, type IndexedAttestation, type IndexedVerdict } from '@kedge/core';
import { useIndexedPages } from '../../data/useIndexed.js';
import { AddressText } from '../../ui/AddressText.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { showCount, showMoment, shorten } from '../../ui/format.js';
import { Icon } from '../../ui/icons.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { StatementCheck } from './StatementCheck.js';
import { countOutcomes } from './statements.js';
import './attestations.css';

const pageSize = 20;

/** What was stated about the class, by whom, and what verifiers found of it. Which of them count is the reader's choice. */
export function AttestationsTab({ detail: { classId, issuer } }: { detail: ClassDetail }) {
  const { items, error, refetch, more, isAsked } = useIndexedPages('attestations', { classId, limit: pageSize }, 8_000);
  if (items === undefined) {
    return error === null ? (
      <div role="status" aria-label="Loading attestations">
        <Skeleton height={260} />
      </div>
    ) : (
      <section className="card">
        <ErrorState error={error} title="The attestations cannot be shown" onRetry={() => void refetch()} />
      </section>
    );
  }
  if (items.length === 0) {
    return (
      <section className="card">
        <EmptyState title="Nothing is attested">
          Anyone may state something about this class, under its own name:{' '}
          <code>kedge attest licence.txt --class {String(classId)} --type licence</code>
        </EmptyState>
      </section>
    );
  }
  return (
    <section className="stack" aria-labelledby="attestations-title">
      <div>
        <h2 id="attestations-title">What is stated about this class</h2>
        <p className="small muted">
          Anyone may attest, so a statement is worth what its attester is to you, and a verdict what its verifier is.
          Nothing here is verified by itself.
        </p>
      </div>
      {items.map((item) => (
        <Attested key={item.id} attestation={item} isByIssuer={isSameAddress(item.attester, issuer)} />
      ))}
      <ShowMore more={more} isAsked={isAsked} error={error} />
    </section>
  );
}

function Attested({ attestation, isByIssuer }: { attestation: IndexedAttestation; isByIssuer: boolean }) {
  const { id, type, typeHash, version, attester, issuedAt, expireAt, state, revokedAt, uri, statementHash } =
    attestation;
  const title = `attestation-${id}`;
  return (
    <article className="card stack attestation" aria-labelledby={title}>
      <div className="row between">
        <h3 id={title}>{nameOf(type) ?? `Type ${shorten(typeHash)}`}</h3>
        <span className="row">
          <span className={isByIssuer ? 'pill warn' : 'pill'}>{isByIssuer ? 'self-attested' : 'by somebody else'}</span>
          <StatePill state={state} />
        </span>
      </div>
      <dl className="facts">
        <dt>Attester</dt>
        <dd>
          <AddressText address={attester} />
        </dd>
        <dt>Stated</dt>
        <dd>
          {showMoment(issuedAt)}, version {version}
        </dd>
        <dt>{expireAt !== 0n && state === 'expired' ? 'Expired' : 'Expires'}</dt>
        <dd>{expireAt === 0n ? 'never' : showMoment(expireAt)}</dd>
        {revokedAt !== null && (
          <>
            <dt>Revoked</dt>
            <dd>{showMoment(revokedAt)}, by its attester</dd>
          </>
        )}
        <dt>Statement at</dt>
        <dd>{uri === '' ? 'handed over in another way' : <Copyable value={uri} label="address of the statement" />}</dd>
        <dt>Statement’s hash</dt>
        <dd>
          <Copyable value={statementHash} label="hash of the statement" />
        </dd>
        <dt>Id</dt>
        <dd>
          <Copyable value={id} label="id of the attestation" />
        </dd>
      </dl>
      <StatementCheck uri={uri} statementHash={statementHash} />
      <Verdicts attestation={attestation} />
    </article>
  );
}

function Verdicts({ attestation: { verdicts, verdictCount } }: { attestation: IndexedAttestation }) {
  if (verdictCount === 0) return <p className="callout">No verifier has given a verdict on it.</p>;
  const { confirmed, refuted, undecided } = countOutcomes(verdicts);
  return (
    <div className="stack verdicts">
      <h4>
        Verdicts: {confirmed} confirm, {refuted} {refuted === 1 ? 'refutes' : 'refute'}
        {undecided > 0 && `, ${undecided} undecided`}
      </h4>
      <ul className="verdict-list">
        {verdicts.map((verdict) => (
          <VerdictRow key={verdict.id} verdict={verdict} />
        ))}
      </ul>
      {verdictCount > verdicts.length && (
        <p className="small muted">
          The newest {verdicts.length} of {showCount(verdictCount, 'verdict')}.
        </p>
      )}
    </div>
  );
}

const icons = { confirmed: 'check', refuted: 'cross', undecided: 'empty' } as const;
const tones = { confirmed: 'pill good', refuted: 'pill bad', undecided: 'pill' } as const;

function VerdictRow({ verdict }: { verdict: IndexedVerdict }) {
  const { outcome, verifier, method, methodHash, issuedAt, expireAt, isLast, state, uri, statementHash } = verdict;
  const counts = isLast && state === 'valid';
  return (
    <li className="stack" data-counts={counts}>
      <div className="row">
        <span className={counts ? tones[outcome] : 'pill'}>
          <Icon name={icons[outcome]} size={14} />
          {outcome}
        </span>
        <AddressText address={verifier} />
        <span className="small">by {nameOf(method)?.toLowerCase() ?? `method ${shorten(methodHash)}`}</span>
        <span className="small muted">
          {showMoment(issuedAt)}
          {expireAt !== 0n && `, until ${showMoment(expireAt)}`}
        </span>
        {!isLast && <span className="pill">superseded</span>}
        <StatePill state={state} />
      </div>
      {counts && <StatementCheck uri={uri} statementHash={statementHash} />}
    </li>
  );
}

function StatePill({ state }: { state: IndexedAttestation['state'] }) {
  if (state === 'valid') return null;
  return <span className={state === 'revoked' ? 'pill bad' : 'pill warn'}>{state}</span>;
}

/** A label as words: `document_review` is Document review. */
function nameOf(label: string | null): string | undefined {
  if (label === null) return undefined;
  const words = label.replaceAll('_', ' ');
  return `${words[0]?.toUpperCase() ?? ''}${words.slice(1)}`;
}
