import type { ClassDetail } from '@kedge/core';
import { useRef, useState, type DragEvent } from 'react';
import { EmptyState } from '../../ui/EmptyState.js';
import { grouped } from '../../ui/format.js';
import { Icon } from '../../ui/icons.js';
import { takeFiles } from '../../ui/takeFiles.js';
import { anchoredFilesOf, checkFiles } from './checkFiles.js';
import { FileVerdict, type CheckState } from './FileVerdict.js';

/** Checks files of the reader's machine against the anchor. They are hashed here and sent nowhere. */
export function IntegrityTab({ detail }: { detail: ClassDetail }) {
  const anchored = anchoredFilesOf(detail.metadata);
  const [state, setState] = useState<CheckState>(undefined);
  const checks = useRef(0);
  const check = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return;
    const turn = ++checks.current;
    setState('busy');
    const came = await checkFiles(files, detail.metadata, detail.integrityHash).then(
      (findings) => ({ findings }),
      (error: unknown) => ({ error }),
    );
    if (turn === checks.current) setState(came);
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
  return (
    <section className="card stack" aria-labelledby="integrity-title">
      <div>
        <h2 id="integrity-title">Is this file the anchored one?</h2>
        <p className="small muted">
          Choose files that you have. They are hashed in this browser and sent nowhere; their hashes are compared with
          the metadata, and the metadata with the hash on chain.{' '}
          {anchored.length === 1 ? 'One file is' : `${grouped(String(anchored.length))} files are`} anchored.
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
              onChange={(event) => void check(takeFiles(event.target))}
            />
          </label>
          <label className="button">
            Choose a folder
            <input
              className="visually-hidden"
              type="file"
              // React knows no such property; browsers know the attribute.
              {...{ webkitdirectory: '' }}
              onChange={(event) => void check(takeFiles(event.target))}
            />
          </label>
        </div>
      </div>
      <FileVerdict state={state} />
    </section>
  );
}
