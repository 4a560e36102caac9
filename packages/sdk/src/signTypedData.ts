import type { HashTypedDataParameters, Hex, TypedData } from 'viem';
import type { WriteClient } from './client.js';
import { inWords } from './reading.js';
import { requireValues, type Field } from './requireArguments.js';

/**
 * Has the wallet's account sign.
 *
 * @param doing What is being done, as it continues "Could not …".
 *
 * @throws BaseError `argument_invalid`; what {@link toChainError} makes of a wallet's refusal.
 */
export async function signTypedData<const types extends TypedData, primaryType extends keyof types>(
  { walletClient }: WriteClient,
  doing: string,
  typed: HashTypedDataParameters<types, primaryType>,
): Promise<Hex> {
  return inWords(doing, () => {
    requireValues(doing, [structOf(typed.types as Structs, typed.primaryType as string)], [typed.message]);
    return walletClient.signTypedData({ ...typed, account: walletClient.account } as never);
  });
}

type Structs = Readonly<Record<string, readonly Field[]>>;

function structOf(structs: Structs, type: string, name = ''): Field {
  const fields = structs[type];
  if (fields === undefined) return { name, type };
  return { name, type: 'tuple', components: fields.map((field) => structOf(structs, field.type, field.name)) };
}
