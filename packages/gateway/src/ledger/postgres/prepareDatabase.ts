import { BaseError, isSameAddress, type ProtocolDomain } from '@kedge/core';
import type { OperatorKey } from '../../crypto/operatorKey.js';
import type { Database } from './database.js';
import { schemaSql, sharedLedgerFormat, sharedLedgerSchema } from './schema.js';

/**
 * Makes the tables of a new ledger, in one transaction and by one gateway. An existing one must be of the same operator, chain
 * and contract.
 * @throws BaseError `log_foreign`.
 */
export async function prepareDatabase(
  database: Database,
  operator: OperatorKey,
  domain: ProtocolDomain,
): Promise<void> {
  const { chainId, verifyingContract } = domain;
  const [ledger] = await database.onConnection(async (query) => {
    await query('begin');
    await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [sharedLedgerSchema]);
    const [found] = await query('select to_regclass($1) is not null as there', [`${sharedLedgerSchema}.ledger`]);
    if (found?.['there'] !== true) {
      await query(schemaSql);
      await query('insert into kedge_gateway.ledger (format, operator, chain_id, contract) values ($1, $2, $3, $4)', [
        sharedLedgerFormat,
        operator.address,
        chainId,
        verifyingContract,
      ]);
    }
    const rows = await query('select format, operator, chain_id, contract from kedge_gateway.ledger');
    await query('commit');
    return rows;
  });
  const isOurs =
    ledger?.['format'] === sharedLedgerFormat &&
    isSameAddress(ledger['operator'] as never, operator.address) &&
    Number(ledger['chain_id']) === chainId &&
    isSameAddress(ledger['contract'] as never, verifyingContract);
  if (isOurs) return;
  throw new BaseError('The ledger is in another format, or belongs to another operator, chain or contract.', {
    code: 'log_foreign',
    values: { ...ledger, ownFormat: sharedLedgerFormat, ownOperator: operator.address, ownChainId: chainId },
    hints: ['Give the gateways of each operator, chain and contract a database of their own.'],
  });
}
