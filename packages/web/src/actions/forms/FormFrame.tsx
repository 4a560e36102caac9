import { Dialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';

/** Title, one sentence, and fields of a transaction's dialog. */
export function FormFrame({
  title,
  description,
  isLocked,
  children,
}: {
  title: ReactNode;
  description: ReactNode;
  isLocked: boolean;
  children?: ReactNode;
}) {
  return (
    <>
      <div>
        <Dialog.Title render={<h2 />}>{title}</Dialog.Title>
        <Dialog.Description className="small muted">{description}</Dialog.Description>
      </div>
      {children !== undefined && (
        <fieldset className="fields" disabled={isLocked}>
          {children}
        </fieldset>
      )}
    </>
  );
}
