import type { ClassDetail, PolicyVersion } from '@kedge/core';
import { useState } from 'react';
import { EmptyState } from '../../ui/EmptyState.js';
import { showMoment } from '../../ui/format.js';
import { diffLines } from './diffLines.js';
import { HashCheck } from './HashCheck.js';
import { PolicyFacts } from './PolicyFacts.js';

/** What value buys: the policy in words, its versions, and what changed between two of them. */
export function PolicyTab({ detail }: { detail: ClassDetail }) {
  const { policies, policyVersion, unitDecimals, announcedPolicy } = detail;
  // Until somebody chooses one, the version in force, whichever that comes to be.
  const [chosen, setChosen] = useState<number>();
  const version = policies.find((each) => each.version === (chosen ?? policyVersion)) ?? policies.at(-1);
  const before = policies.find((each) => each.version === (version?.version ?? 0) - 1);
  if (version === undefined) {
    return (
      <section className="card">
        <EmptyState title="No policy">Without a policy that has a hash, no value of the class can be sold.</EmptyState>
      </section>
    );
  }
  return (
    <>
      {announcedPolicy !== null && (
        <p className="callout warn">
          Version {announcedPolicy.version} is announced and can be in force from{' '}
          {showMoment(announcedPolicy.effectiveAt)}. Value bought before keeps its policy.
        </p>
      )}
      <section className="card stack" aria-labelledby="policy-title">
        <div className="row between">
          <h2 id="policy-title">Policy, version {version.version}</h2>
          <span className="row">
            {version.version === policyVersion && <span className="pill">in force</span>}
            <PolicyCheck version={version} />
          </span>
        </div>
        {policies.length > 1 && (
          <div className="field narrow">
            <label htmlFor="version">Version</label>
            <select
              id="version"
              className="input"
              value={version.version}
              onChange={(event) => setChosen(Number(event.target.value))}
            >
              {policies.map((each) => (
                <option key={each.version} value={each.version}>
                  {each.version}, of {showMoment(each.at)}
                </option>
              ))}
            </select>
          </div>
        )}
        <PolicyFacts version={version} unitDecimals={unitDecimals} />
      </section>
      {before !== undefined && (
        <section className="card stack" aria-labelledby="diff-title">
          <h2 id="diff-title">Changed since version {before.version}</h2>
          <Diff before={before} after={version} />
        </section>
      )}
    </>
  );
}

function PolicyCheck({ version }: { version: PolicyVersion }) {
  const { hash, document } = version;
  if (hash === null) return <span className="pill">without a hash</span>;
  if (document === null) return <span className="pill">document not at hand</span>;
  return <HashCheck document={document} hash={hash} />;
}

function Diff({ before, after }: { before: PolicyVersion; after: PolicyVersion }) {
  if (before.document === null || after.document === null) {
    return <p className="callout">One of the two documents is not at hand, so they cannot be compared.</p>;
  }
  const lines = diffLines(JSON.stringify(before.document, null, 2), JSON.stringify(after.document, null, 2));
  if (lines === undefined) return <p className="callout">The two documents are too long to be compared here.</p>;
  const marks = { same: ' ', added: '+', removed: '−' } as const;
  const said = { same: '', added: 'added: ', removed: 'removed: ' } as const;
  return (
    <pre className="document diff" tabIndex={0} aria-label="Lines that were added and removed">
      {lines.map(({ kind, text }, index) => (
        // Lines may repeat; their order is what tells them apart.
        <span key={`${index}/${text}`} className={kind}>
          <span aria-hidden="true">{marks[kind]} </span>
          <span className="visually-hidden">{said[kind]}</span>
          {text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
