import { createRequire } from 'node:module';
import type { Hex } from 'viem';

type SolcOutput = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: {
    readonly [file: string]: {
      readonly [name: string]: { readonly evm: { readonly bytecode: { readonly object: string } } };
    };
  };
};

/** The creation code of one contract whose source has no imports. */
export function compileContract(source: string, name: string): Hex {
  const solc = createRequire(import.meta.url)('solc') as { compile: (input: string) => string };
  const input = {
    language: 'Solidity',
    sources: { 'Source.sol': { content: source } },
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  const code = output.contracts?.['Source.sol']?.[name]?.evm.bytecode.object;
  if (code === undefined) throw new Error(output.errors?.map((error) => error.formattedMessage).join('\n'));
  return `0x${code}`;
}
