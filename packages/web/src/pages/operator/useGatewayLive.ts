import type { BaseError, GatewayLive } from '@kedge/core';
import { useEffect, useState } from 'react';
import { followGateway } from './followGateway.js';

/** `live`: what the gateway told last. `lost`: why it tells nothing now. */
export type GatewayState = { readonly live: GatewayLive | undefined; readonly lost: BaseError | undefined };

/** What the gateway does, as it does it, while the page is looked at. */
export function useGatewayLive(url: string | undefined): GatewayState {
  const [state, setState] = useState<GatewayState>({ live: undefined, lost: undefined });
  useEffect(() => {
    if (url === undefined) return;
    let following = new AbortController();
    const follow = (): void => {
      following.abort();
      following = new AbortController();
      if (document.hidden) return;
      const news = {
        onLive: (live: GatewayLive) => setState({ live, lost: undefined }),
        onLost: (lost: BaseError) => setState(({ live }) => ({ live, lost })),
      };
      void followGateway(url, news, following.signal);
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      following.abort();
    };
  }, [url]);
  return state;
}
