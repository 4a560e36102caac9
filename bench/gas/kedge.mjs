import { dataAnchoringTokenAbi, valueChannelsAbi, valueMarketAbi } from '@kedge/core';
import {
  dataAnchoringTokenBytecode,
  dataAnchoringTokenExtensionBytecode,
  dataAnchoringTokenSecondExtensionBytecode,
  dataAnchoringTokenThirdExtensionBytecode,
  valueChannelsBytecode,
  valueMarketBytecode,
} from '@kedge/core/bytecode';

/** Deploys the token, its channels and its market. */
export async function deployKedge({ deploy, caller }) {
  const third = await deploy(dataAnchoringTokenThirdExtensionBytecode);
  const second = await deploy(dataAnchoringTokenSecondExtensionBytecode, ['address'], [third]);
  const extension = await deploy(dataAnchoringTokenExtensionBytecode, ['address'], [second]);
  const token = await deploy(
    dataAnchoringTokenBytecode,
    ['string', 'string', 'address'],
    ['Kedge Data Anchoring Token', 'DAT', extension],
  );
  const channels = await deploy(valueChannelsBytecode, ['address'], [token]);
  const market = await deploy(valueMarketBytecode, ['address'], [token]);
  return {
    addresses: { token, channels, market },
    dat: caller(token, dataAnchoringTokenAbi),
    channels: caller(channels, valueChannelsAbi),
    market: caller(market, valueMarketAbi),
  };
}

export const tokenIdOf = (classId, lot, serial) => (BigInt(classId) << 64n) | (BigInt(lot) << 32n) | BigInt(serial);

// Logs of a mint, as [topics, bytes].
export const minted = [3, 128]; // Minted
export const transferLogs = [
  [4, 0], // TransferToken
  [4, 0], // ERC-721 Transfer
];
