import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';

/** What is told above the page, which stays as it is, until the reader closes it. */
export function OverPage({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return createPortal(
    <div className="dialog">
      {children}
      <div className="row end">
        <button className="button" type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </div>,
    document.body,
  );
}
