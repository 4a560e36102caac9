import type { WebConfig } from '@kedge/core';
import { createContext, useContext } from 'react';

export const ConfigContext = createContext<WebConfig | undefined>(undefined);

/** Where everything is. */
export function useConfig(): WebConfig {
  const config = useContext(ConfigContext);
  if (config === undefined) throw new Error('useConfig is used outside of the app');
  return config;
}
