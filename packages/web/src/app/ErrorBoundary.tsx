import { BaseError } from '@kedge/core';
import { Component, type ReactNode } from 'react';
import { ErrorState } from '../ui/ErrorState.js';

/** Shows what a page threw instead of the page. React asks for a class here. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    // React remembers of a part that it cannot be loaded.
    const isMissing = error instanceof BaseError && error.code === 'part_missing';
    const again = (): void => (isMissing ? location.reload() : this.setState({ error: undefined }));
    return <ErrorState error={error} onRetry={again} />;
  }
}
