import { BaseError, parseWebConfig, type WebConfig } from '@kedge/core';

/**
 * Reads the dashboard's configuration and makes its paths into URLs.
 *
 * @throws BaseError `config_missing`, `web_config_invalid`.
 */
export async function loadConfig(url: URL): Promise<WebConfig> {
  const config = parseWebConfig(await readJson(url));
  const whole = <name extends keyof WebConfig>(name: name): Pick<WebConfig, name> => {
    const place = config[name];
    return (typeof place === 'string' ? { [name]: new URL(place, url).href } : {}) as Pick<WebConfig, name>;
  };
  return {
    ...config,
    ...whole('rpcUrl'),
    ...whole('gatewayUrl'),
    ...whole('indexerUrl'),
    ...whole('contentUrl'),
    ...whole('usageDifferencesUrl'),
    ...whole('gatewayLiveUrl'),
    ...whole('apiKeysUrl'),
  };
}

async function readJson(url: URL): Promise<unknown> {
  const hints = ['kedge up serves the dashboard with its configuration.', `A static build needs the file ${url.href}`];
  try {
    const response = await fetch(url);
    if (response.ok) return await response.json();
    throw new Error(`${url.href} answered ${response.status}`);
  } catch (cause) {
    throw new BaseError('The dashboard has no configuration.', { code: 'config_missing', hints, cause });
  }
}
