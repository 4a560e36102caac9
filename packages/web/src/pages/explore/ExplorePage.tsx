import type { ClassKind } from '@kedge/core';
import { useKeptChoice } from '../../app/useKeptChoice.js';
import { useIndexedPages } from '../../data/useIndexed.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { Icon } from '../../ui/icons.js';
import { Segments } from '../../ui/Segments.js';
import { ShowMore } from '../../ui/ShowMore.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { StaleNote } from '../../ui/StaleNote.js';
import { useDebounced } from '../../ui/useDebounced.js';
import { ClassCard } from './ClassCard.js';
import './explore.css';

const kinds = { all: 'All', dataset: 'Datasets', model: 'Models', agent: 'Agents' } as const;
const pageSize = 24;

/** What is anchored: every class, to be searched and filtered. */
export function ExplorePage() {
  const [chosen, setKind] = useKeptChoice('kind', 'all');
  const kind = Object.hasOwn(kinds, chosen) ? (chosen as keyof typeof kinds) : 'all';
  const [text, setText] = useKeptChoice('text', '');
  const search = useDebounced(text.trim());
  const { items, error, refetch, isPlaceholderData, more, isAsked } = useIndexedPages('classes', {
    limit: pageSize,
    ...(kind === 'all' ? {} : { kind: kind satisfies ClassKind }),
    ...(search === '' ? {} : { text: search }),
  });
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Explore</h1>
          <p>Datasets, models and agents that are anchored here: what they cost, how they are used, what they earn.</p>
        </div>
      </div>
      <div className="row between filters" role="search">
        <div className="search">
          <Icon name="search" />
          <input
            className="input"
            type="search"
            value={text}
            placeholder="Name, licence, issuer or class id"
            aria-label="Search the classes"
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <Segments label="Kind" choices={kinds} value={kind} onChange={setKind} />
      </div>
      {error !== null && items === undefined ? (
        <section className="card">
          <ErrorState error={error} title="The classes cannot be listed" onRetry={() => void refetch()} />
        </section>
      ) : items === undefined ? (
        <div className="grid" role="status" aria-label="Loading the classes">
          {[1, 2, 3].map((key) => (
            <Skeleton key={key} height={268} />
          ))}
        </div>
      ) : items.length === 0 ? (
        <section className="card">
          {search === '' && kind === 'all' ? (
            <EmptyState title="Nothing is anchored yet">
              Anchor a folder, a file or a model with <code>kedge anchor</code>; it appears here.
            </EmptyState>
          ) : (
            <EmptyState
              icon="search"
              title="No class fits"
              action={
                <button
                  className="button"
                  type="button"
                  onClick={() => {
                    setText('');
                    setKind('all');
                  }}
                >
                  Show all
                </button>
              }
            >
              Nothing of that kind has these words in its name, licence or issuer.
            </EmptyState>
          )}
        </section>
      ) : (
        <>
          <StaleNote error={error} />
          <ul className="grid" aria-busy={isPlaceholderData}>
            {items.map((item) => (
              <li key={String(item.classId)}>
                <ClassCard item={item} />
              </li>
            ))}
          </ul>
          <ShowMore more={more} isAsked={isAsked} error={error} />
        </>
      )}
    </div>
  );
}
