import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useConfig } from '../../app/configContext.js';
import { Icon } from '../../ui/icons.js';
import { takeFiles } from '../../ui/takeFiles.js';
import { checkStatement, placeOf, type CheckedStatement } from './statements.js';

/** Whether the statement is what was attested: read from the content store where it is there, or from the reader's file. */
export function StatementCheck({ uri, statementHash }: { uri: string; statementHash: string }) {
  const { contentUrl } = useConfig();
  const place = placeOf(uri, contentUrl);
  const [given, setGiven] = useState<CheckedStatement | undefined>(undefined);
  const input = useId();
  const stored = useQuery({
    queryKey: ['statement', statementHash, place?.href],
    enabled: place?.kind === 'store',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async ({ signal }) => {
      const response = await fetch(place!.href, { signal });
      if (!response.ok) return null;
      return checkStatement(new Uint8Array(await response.arrayBuffer()), statementHash);
    },
  });
  const checked = given ?? stored.data ?? undefined;
  const isReading = place?.kind === 'store' && stored.isPending && given === undefined;
  return (
    <div className="stack statement">
      <div className="row" aria-live="polite">
        {isReading && <span className="pill">Checking</span>}
        {!isReading && checked === undefined && <span className="pill">not at hand to check</span>}
        {checked !== undefined && (
          <span className={checked.isSame ? 'pill good' : 'pill bad'}>
            <Icon name={checked.isSame ? 'check' : 'cross'} size={14} />
            {checked.isSame ? 'Is what was attested' : 'Is not what was attested'}
          </span>
        )}
        {place !== undefined && (
          <a className="small" href={place.href} target="_blank" rel="noreferrer noopener">
            Open the statement
          </a>
        )}
        <label className="button small" htmlFor={input}>
          Check a copy
        </label>
        <input
          id={input}
          className="visually-hidden"
          type="file"
          onChange={(event) => {
            const [file] = takeFiles(event.target);
            if (file === undefined) return;
            void file.arrayBuffer().then((bytes) => setGiven(checkStatement(new Uint8Array(bytes), statementHash)));
          }}
        />
      </div>
      {checked !== undefined && !checked.isSame && (
        <p className="small mono statement-hash">It hashes to {checked.hash}</p>
      )}
      {checked?.text !== undefined && (
        <details className="small">
          <summary>What it says</summary>
          <pre className="document" tabIndex={0}>
            {checked.text}
          </pre>
        </details>
      )}
    </div>
  );
}
