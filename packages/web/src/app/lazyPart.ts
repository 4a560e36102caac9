import { BaseError } from '@kedge/core';
import { lazy, type FunctionComponent } from 'react';

/** A component that is loaded when it is first drawn. Where that fails, an {@link ErrorBoundary} around it says so. */
export function lazyPart<name extends string, properties>(
  load: () => Promise<Readonly<Record<name, FunctionComponent<properties>>>>,
  name: name,
) {
  return lazy(() => load().then((module) => ({ default: module[name] as FunctionComponent<properties> }), failed));
}

function failed(cause: unknown): never {
  throw new BaseError('A part of the dashboard cannot be loaded.', {
    code: 'part_missing',
    kind: 'transient',
    hints: ['Its server does not answer, or serves another version since: load the page again.'],
    cause,
  });
}
