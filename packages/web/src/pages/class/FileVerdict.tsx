import { wordsOf } from '../../ui/ErrorState.js';
import { showBytes } from '../../ui/format.js';
import { Icon } from '../../ui/icons.js';
import type { FileFinding } from './checkFiles.js';

const words = {
  same: 'the anchored file',
  changed: 'differs from the anchored file',
  unknown: 'is not in this class',
} as const;

/** Of the files that were chosen last: of those before nothing is said any more. */
export type CheckState =
  undefined | 'busy' | { readonly error: unknown } | { readonly findings: readonly FileFinding[] };

/** What came of a check. */
export function FileVerdict({ state }: { state: CheckState }) {
  const findings = typeof state === 'object' && 'findings' in state ? state.findings : [];
  return (
    <>
      <div aria-live="polite">
        {state === 'busy' && <p className="callout">Hashing…</p>}
        {typeof state === 'object' && 'error' in state && <Failure error={state.error} />}
        {findings.length > 0 && <Sum findings={findings} />}
      </div>
      {findings.length > 0 && (
        <ul className="checks findings">
          {findings.map(({ path, kind, sha256, size }) => (
            <li key={path} data-ok={kind === 'same'}>
              <Icon name={kind === 'same' ? 'check' : 'cross'} size={16} />
              <span>
                <strong>
                  <bdi>{path}</bdi>
                </strong>{' '}
                {words[kind]}, {showBytes(size)}
                <span className="detail mono">SHA-256 {sha256}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Failure({ error }: { error: unknown }) {
  const { message, hints } = wordsOf(error);
  return <p className="callout bad">{[message, ...hints].join(' ')}</p>;
}

function Sum({ findings }: { findings: readonly FileFinding[] }) {
  const count = (kind: FileFinding['kind']): number => findings.filter((finding) => finding.kind === kind).length;
  const isGood = count('same') === findings.length;
  return (
    <p className={isGood ? 'callout good' : 'callout bad'}>
      {isGood
        ? `${findings.length === 1 ? 'It is' : `All ${findings.length} files are`} what was anchored, byte for byte.`
        : `${count('same')} of ${findings.length} are what was anchored; ${count('changed')} differ, ${count('unknown')} are not in this class.`}
    </p>
  );
}
