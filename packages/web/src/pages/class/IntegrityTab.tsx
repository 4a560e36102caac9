import type { ClassDetail } from '@kedge/core';
import { useState, type DragEvent } from 'react';
import { EmptyState } from '../../ui/EmptyState.js';
import { wordsOf } from '../../ui/ErrorState.js';
import { showBytes } from '../../ui/format.js';
import { Icon } from '../../ui/icons.js';
import { anchoredFilesOf, checkFiles, type FileFinding } from './checkFiles.js';

const words = {
  same: 'the anchored file',
  changed: 'differs from the anchored file',
  unknown: 'is not in this class',
} as const;

/** Checks files of the reader's machine against the anchor. They are hashed here and sent nowhere. */
export function IntegrityTab({ detail }: { detail: ClassDetail }) {
  const anchored = anchoredFilesOf(detail.metadata);
  const [findings, setFindings] = useState<readonly FileFinding[] | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const check = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return;
    setBusy(true);
    setError(undefined);
    try {
      setFindings(await checkFiles(files, detail.metadata, detail.integrityHash));
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void check([...event.dataTransfer.files]);
  };
  if (anchored.length === 0) {
    return (
      <section className="card">
        <EmptyState title="Nothing to compare with">
          The metadata of this class names no files, or it is not at hand. With the files and their manifest at hand,{' '}
          <code>kedge anchor verify</code> checks them.
        </EmptyState>
      </section>
    );
  }
  const count = (kind: FileFinding['kind']): number => findings?.filter((finding) => finding.kind === kind).length ?? 0;
  const isGood = findings !== undefined && count('same') === findings.length;
  return (
    <section className="card stack" aria-labelledby="integrity-title">
      <div>
        <h2 id="integrity-title">Is this file the anchored one?</h2>
        <p className="small muted">
          Choose files that you have. They are hashed in this browser and sent nowhere; their hashes are compared with
          the metadata, and the metadata with the hash on chain. {anchored.length} files are anchored.
        </p>
      </div>
      <div className="drop" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
        <Icon name="download" size={24} />
        <p>Drop files here, or</p>
        <div className="row">
          <label className="button">
            Choose files
            <input
              className="visually-hidden"
              type="file"
              multiple
              onChange={(event) => void check([...(event.target.files ?? [])])}
            />
          </label>
          <label className="button">
            Choose a folder
            <input
              className="visually-hidden"
              type="file"
              // React knows no such property; browsers know the attribute.
              {...{ webkitdirectory: '' }}
              onChange={(event) => void check([...(event.target.files ?? [])])}
            />
          </label>
        </div>
      </div>
      <div aria-live="polite">
        {isBusy && <p className="callout">Hashing…</p>}
        {error !== undefined && <p className="callout bad">{wordsOf(error).message}</p>}
        {findings !== undefined && !isBusy && (
          <p className={isGood ? 'callout good' : 'callout bad'}>
            {isGood
              ? `${findings.length === 1 ? 'It is' : `All ${findings.length} files are`} what was anchored, byte for byte.`
              : `${count('same')} of ${findings.length} are what was anchored; ${count('changed')} differ, ${count('unknown')} are not in this class.`}
          </p>
        )}
      </div>
      {findings !== undefined && !isBusy && (
        <ul className="checks findings">
          {findings.map(({ path, kind, sha256, size }) => (
            <li key={path} data-ok={kind === 'same'}>
              <Icon name={kind === 'same' ? 'check' : 'cross'} size={16} />
              <span>
                <strong>{path}</strong> {words[kind]}, {showBytes(size)}
                <span className="detail mono">SHA-256 {sha256}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
