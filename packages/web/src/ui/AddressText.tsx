import { isSameAddress, type Address } from '@kedge/core';
import { useConfig } from '../app/configContext.js';
import { Copyable } from './Copyable.js';

/** An account: shortened, to be copied, and with its role where it is one of the local stack's. */
export function AddressText({ address }: { address: Address }) {
  const { developmentAccounts = {} } = useConfig();
  const role = Object.entries(developmentAccounts).find(([, known]) => isSameAddress(known, address))?.[0];
  return (
    <span className="row nowrap">
      <Copyable value={address} label="address" />
      {role !== undefined && <span className="pill">{role}</span>}
    </span>
  );
}
