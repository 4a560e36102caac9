import type { TokenEarnings } from '@kedge/core';
import type { ReactNode } from 'react';
import { linkTo } from '../../app/router.js';
import { tokenText } from '../../data/tokenText.js';
import { ClassName } from '../../ui/ClassName.js';

/** A token below its class, and what else is to be said of it. */
export function TokenOfClass({
  token: { tokenId, classId, className },
  children,
}: {
  token: Pick<TokenEarnings, 'tokenId' | 'classId' | 'className'>;
  children?: ReactNode;
}) {
  return (
    <div>
      <a href={linkTo('class', classId)}>
        <ClassName classId={classId} name={className} />
      </a>
      <div className="small muted">
        Token <span className="mono">#{tokenText(tokenId)}</span>
        {children}
      </div>
    </div>
  );
}
