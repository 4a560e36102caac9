export { findFirstBlock, readInRanges, type BlockRange } from './readInRanges.js';
export { causesOf } from './causesOf.js';
export { refusedEvents } from './refusedEvents.js';
export { scalarText } from './scalarText.js';
export {
  attestationRegistryAbi,
  contributorRootsAbi,
  dataAnchoringTokenAbi,
  erc3525AdapterAbi,
  operatorBondAbi,
  permitBuyerAbi,
  channelDepositsAbi,
  valueChannelsAbi,
  valueMarketAbi,
  valuePlansAbi,
} from './abi.gen.js';
export {
  contributorLeaf,
  contributorTree,
  encodeContributors,
  parseContributors,
  type Contributor,
  type ContributorProof,
  type ContributorTree,
} from './contributors.js';
export {
  attestationFromAbi,
  attestationIdOf,
  attestationLabels,
  attestationStateAt,
  attestationStates,
  attestationToAbi,
  labelHash,
  labelOf,
  methodLabels,
  subjectKinds,
  verdictOutcomes,
  verdictTypeOf,
  type Attestation,
  type AttestationMessage,
  type AttestationState,
  type SubjectKind,
  type Verdict,
  type VerdictOutcome,
} from './attestation.js';
export { assetSymbol } from './assetSymbol.js';
export { closeAll } from './closeAll.js';
export { BaseError, type BaseErrorOptions, type ErrorKind } from './baseError.js';
export { canonicalJson } from './canonicalJson.js';
export { billedMetrics } from './counting/billedMetrics.js';
export { addChatChoice, addTextChoice, countChatInput } from './counting/chatCount.js';
export { imagesAsked, imagesCame } from './counting/countImages.js';
export { countJson, countTexts } from './counting/countTexts.js';
export { addMessage, addMessageEvent, countMessagesInput } from './counting/messagesCount.js';
export { noCounts, withInput, type Counts, type Measured, type UpstreamUsage } from './counting/measured.js';
export { isJsonObject, listOf } from './jsonValues.js';
export { defaultOutputCap, smallest, worstUnitsAt } from './counting/outputCap.js';
export { policyRefused, unmeasurable } from './counting/policyRefused.js';
export { pricedBy, type SurfacePath } from './counting/pricedBy.js';
export { refuseUnseen, unseenFields } from './counting/refuseUnseen.js';
export { addResponse, countResponsesInput, createResponseEvents } from './counting/responsesCount.js';
export { unpricedTokens } from './counting/unpricedTokens.js';
export { termsFault, tokenizerFault } from './counting/termsFault.js';
export { unrecountable } from './counting/unrecountable.js';
export {
  messageEventUsage,
  messagesUsage,
  openAiUsage,
  responsesUsage,
  usageNumber,
} from './counting/upstreamUsage.js';
export { shownOutputOf, toleranceAt, usageTermsOf } from './counting/usageTolerance.js';
export { wavSeconds } from './counting/wavSeconds.js';
export { type InputCount, type TextSink, type TokenCount } from './counting/textSink.js';
export {
  channelIdOf,
  channelModes,
  channelToAbi,
  encodeChannel,
  voucherDigest,
  type Channel,
  type ChannelMode,
  type Voucher,
} from './channel.js';
export { channelPace } from './channelPace.js';
export {
  buildCroissant,
  classIri,
  croissantSchema,
  integrityHashOf,
  parseCroissant,
  type Croissant,
  type CroissantCreator,
  type CroissantInput,
  type CroissantParent,
} from './croissant.js';
export {
  contractsSchema,
  laterContracts,
  neededContracts,
  parseDeployment,
  type ContractName,
  type DeployedContracts,
  type Deployment,
} from './deployment.js';
export {
  attestationDomain,
  attestationTypes,
  channelAccessTypes,
  channelTypes,
  domainSeparatorOf,
  protocolDomain,
  rateQuoteTypes,
  receiptBatchTypes,
  receiptTypes,
  typedDigest,
  voucherTypes,
  type DomainOrSeparator,
  type ProtocolDomain,
} from './domain.js';
export { createEventSplitter, eventDataOf, type EventSplitter } from './createEventSplitter.js';
export {
  bytesToHex,
  concatBytes,
  hexToBytes,
  isSameAddress,
  utf8,
  zeroAddress,
  zeroHash,
  type Address,
  type Hasher,
  type Hex,
} from './hex.js';
export { parseApiKeyUse, type ApiKeyUse } from './apiKeyUse.js';
export { parseGatewayLive, type GatewayLive, type GatewayLiveJson } from './gatewayLive.js';
export { findEquivocations, signedReceiptToAbi, type Equivocation } from './equivocation.js';
export { parseChatCompletionRequest, type ChatCompletionRequest } from './requests/chatCompletionRequest.js';
export { parseCompletionRequest, type CompletionRequest } from './requests/completionRequest.js';
export { parseEmbeddingsRequest, type EmbeddingsRequest } from './requests/embeddingsRequest.js';
export { parseImagesRequest, type ImagesRequest } from './requests/imagesRequest.js';
export { parseMessagesRequest, type MessagesRequest } from './requests/messagesRequest.js';
export { parseResponsesRequest, type ResponsesRequest } from './requests/responsesRequest.js';
export { parseSpeechRequest, type SpeechRequest } from './requests/speechRequest.js';
export { parseTranscriptionFields, type TranscriptionFields } from './requests/transcriptionFields.js';
export {
  type Approval,
  type Earnings,
  type Operator,
  type OperatorBatch,
  type TokenEarnings,
} from './indexer/accounts.js';
export type { IndexedBond, IndexedFraud } from './indexer/bonds.js';
export type { IndexedDepositMove } from './indexer/deposits.js';
export type { Contribution, ContributorEarnings, ContributorEpoch, Contributors } from './indexer/contributors.js';
export { type Activity, type ActivityType, type IndexerStatus } from './indexer/activity.js';
export { type IndexedAttestation, type IndexedVerdict } from './indexer/attestations.js';
export { type ChannelCapture, type ChannelDetail, type ChannelSummary, type ReceiptRoot } from './indexer/channels.js';
export {
  type ClassDetail,
  type ClassRevenue,
  type ClassSummary,
  type Holder,
  type IndexedLot,
  type LineageEdge,
  type PolicyVersion,
  type Price,
  type RevenueDay,
  type UsageDay,
} from './indexer/classes.js';
export {
  type AccrualPart,
  type Cause,
  type ClaimExplanation,
  type Earlier,
  type ExplainedContributors,
  type UsePart,
} from './indexer/explain.js';
export { trendLength, type AmountOfAsset, type Happened, type Page, type Trend } from './indexer/fields.js';
export {
  indexerPath,
  indexerRoutes,
  readIndexerAnswer,
  type IndexerAnswer,
  type IndexerParameters,
  type IndexerRoute,
  type IndexerRouteName,
} from './indexer/routes.js';
export { type IndexedClaim, type TokenDetail, type TokenSummary } from './indexer/tokens.js';
export {
  bindManifest,
  buildManifest,
  comparePaths,
  contentMerkleTree,
  maxChunkSize,
  parseManifest,
  type AnchoredContent,
  type Manifest,
  type ManifestFile,
} from './manifest.js';
export { merkleRootFromPath, merkleTree, type MerkleTree } from './merkle.js';
export { metricLabels, metricTypeOf, rateLabels, type Metric, type MetricLabel, type RateLabel } from './metrics.js';
export { encodeCaptureItems, type CaptureItem } from './captureItems.js';
export {
  apiKeyIdOf,
  encodeChannelRecords,
  channelToJson,
  parseChannel,
  parseChannelRecords,
  type ApiKeyRecord,
  type ChannelRecord,
} from './channelRecord.js';
export {
  channelAccessDigest,
  encodeSignedChannelAccess,
  parseSignedChannelAccess,
  type ChannelAccess,
  type SignedChannelAccess,
} from './channelAccess.js';
export {
  parsePolicy,
  policyHashOf,
  policySchema,
  weekdays,
  type Policy,
  type PolicyHours,
  type PolicyOracle,
  type PolicyUsage,
  type PolicyWindow,
  type Weekday,
} from './policy.js';
export {
  checkRateQuote,
  parseSignedRateQuote,
  quotedPolicy,
  rateQuoteCounts,
  rateQuoteDigest,
  rateQuoteEnd,
  rateQuoteHeader,
  signedRateQuoteToJson,
  type RateQuote,
  type SignedRateQuote,
  type SignedRateQuoteJson,
} from './rateQuote.js';
export { answerOfProblem, toProblemDetails, type ProblemDetails } from './problemDetails.js';
export { hashBody, hashReceipt, receiptLeaf, seqOf, splitSeq, type Receipt } from './receipt.js';
export { receiptAnchorTree, receiptBatchDigest, type ReceiptBatch } from './receiptBatch.js';
export {
  anchoredBatches,
  encodeReceiptLeaves,
  isReceiptLeaves,
  parseReceiptLeaves,
  type ReceiptLeaves,
} from './receiptLeaves.js';
export { channelFromAbi, continuationTerms, depositTermsToAbi, type DepositTerms } from './depositTerms.js';
export { buildTopUpOffer, parseTopUpOffer, type TopUpOffer } from './topUpOffer.js';
export { tokenizablePieces } from './tokenizablePieces.js';
export { tokenizer } from './tokenizer.js';
export { addressSchema, hexSchema, parseWith, uintSchema } from './schemas.js';
export {
  decodeSignedReceipt,
  encodeSignedReceipt,
  parseSignedReceipt,
  receiptCommentPrefix,
  receiptHeader,
  signedReceiptToJson,
  type SignedReceipt,
  type SignedReceiptJson,
} from './signedReceipt.js';
export {
  decodeSignedVoucher,
  dueCommentPrefix,
  encodeSignedVoucher,
  parseSignedVoucher,
  signedVoucherToJson,
  voucherHeader,
  type SignedVoucher,
} from './signedVoucher.js';
export { parseVoucherMemory, voucherMemoryToJson, type VoucherMemory } from './voucherMemory.js';
export { parseSignedStatement, signedStatementToJson } from './signedStatement.js';
export {
  classKinds,
  isBackedLot,
  isNonTransferable,
  shareRatioMax,
  splitTokenId,
  tokenIdOf,
  type ClassKind,
  type TokenIdParts,
} from './token.js';
export { unitPrice } from './unitPrice.js';
export { formatUnits, parseUnits, unitsOf } from './units.js';
export { parseUpFile, type UpFile } from './upFile.js';
export {
  verifyReceipts,
  type AnchoredBatches,
  type ChannelOnChain,
  type ReceiptBodies,
  type ReceiptCheck,
  type VerifyReceiptsInput,
} from './verifyReceipts.js';
export { parseWebConfig, type WebConfig } from './webConfig.js';
export { withDecimals } from './withDecimals.js';
export { createTurns } from './createTurns.js';
export { isDilutable } from './isDilutable.js';
export { isRefundable } from './isRefundable.js';
