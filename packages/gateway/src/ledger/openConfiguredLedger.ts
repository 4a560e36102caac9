import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseError } from '@kedge/core';
import { type Environment, type GatewayConfig, readSecret } from '../gatewayConfig.js';
import type { Ledger } from './ledger.js';
import { type LedgerOptions, openLedger } from './openLedger.js';
import { listSegments } from './segments/segmentFiles.js';
import type { SharedLedgerOptions } from './postgres/openSharedLedger.js';

type LedgerNeeds = Omit<LedgerOptions, 'path' | 'onAnswer'> &
  Pick<SharedLedgerOptions, 'keyAccountOf' | 'keysOf' | 'rootOf' | 'onHeld'>;

/** The log in the data folder, or the ledger in PostgreSQL that the configuration names. */
export async function openConfiguredLedger(
  settings: GatewayConfig,
  env: Environment,
  needs: LedgerNeeds,
  onAnswer: LedgerOptions['onAnswer'],
): Promise<Ledger> {
  const path = join(settings.dataDir, 'ledger.log');
  const { ledger: url, ledgerLeaseMs: leaseMs, ledgerPasswordEnv, ledgerPasswordFile, host, advertiseUrl } = settings;
  if (url === undefined) return openLedger({ path, segmentBytes: settings.ledgerSegmentBytes, ...needs, onAnswer });
  if (existsSync(settings.dataDir) && listSegments(path).length > 0) {
    throw new BaseError('This data folder has a ledger of its own: its receipts would be numbered again.', {
      code: 'ledger_not_empty',
      values: { path },
      hints: [
        'Close its channels, or run the gateway without ledger until they have ended: the guide for operators says how. Then name a new dataDir.',
      ],
    });
  }
  if (advertiseUrl === undefined && /^(0\.0\.0\.0|::|\[::\])$/.test(host)) {
    throw new BaseError('Other gateways cannot reach this one at the address it listens on.', {
      code: 'gateway_config_invalid',
      values: { host },
      hints: ['Set advertiseUrl to this gateway’s own URL in their network, not to that of a load balancer.'],
    });
  }
  const { openSharedLedger } = await import('./postgres/openSharedLedger.js');
  const secret = { env: ledgerPasswordEnv, file: ledgerPasswordFile, what: "The ledger's password" };
  return openSharedLedger({ ...needs, url, password: readSecret(secret, env), leaseMs });
}
