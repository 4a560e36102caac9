export type {
  Capture,
  CaptureItem,
  CaptureOutcome,
  ChannelState,
  GatewayChain,
  LotPrice,
  ReceiptAnchor,
  RoyaltyEdge,
  SignedTransaction,
} from './chain/gatewayChain.js';
export { createGateway, type GatewayOptions } from './createGateway.js';
export type { Gateway } from './gateway.js';
export {
  type GatewayConfig,
  type GatewayConfigInput,
  gatewayConfigSchema,
  parseGatewayConfig,
} from './gatewayConfig.js';
export { createShadowGateway } from './shadow/createShadowGateway.js';
export { type ShadowClass, type ShadowConfigInput } from './shadow/shadowConfig.js';
export type { ShadowReport } from './shadow/shadowReport.js';
export type { LogFields, StructuredLog } from './structuredLog.js';
export { countText } from './tokens/countText.js';
export { tokenizerPin } from './tokens/tokenizerPin.js';
