import { BaseError } from '@kedge/core';
import { Component, type ReactNode } from 'react';
import { ErrorState } from '../ui/ErrorState.js';

type Properties = {
  readonly children: ReactNode;
  /** Where what is told stands; without it in the place of what it was thrown by. */
  readonly place?: (told: ReactNode) => ReactNode;
};

/** Shows what a page, or a part of one, threw instead of it. React asks for a class here. */
export class ErrorBoundary extends Component<Properties, { error: unknown }> {
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
    const told = <ErrorState error={error} onRetry={again} />;
    return this.props.place?.(told) ?? told;
  }
}
