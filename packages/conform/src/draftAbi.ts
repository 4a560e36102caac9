import { parseAbi } from 'viem';

/** The draft's consolidated interface (section 15), with the parameter names of sections 4 to 6. */
export const draftAbi = parseAbi([
  'event ClassCreated(uint256 indexed classId, string metadataURI, bytes32 integrityHash)',
  'event ClassPolicyUpdated(uint256 indexed classId, string policyURI)',
  'event MetadataUpdated(uint256 indexed classId, string metadataURI, bytes32 integrityHash)',
  'event Minted(uint256 indexed tokenId, uint256 indexed classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)',
  'event TransferToken(uint256 indexed tokenId, address indexed from, address indexed to)',
  'event ValueTransferred(uint256 indexed fromTokenId, uint256 indexed toTokenId, uint256 value)',
  'event Expired(uint256 indexed tokenId)',
  'event UsageRecorded(uint256 indexed tokenId, bytes32 metricType, uint256 amount, address actor)',
  'event RevenueSettled(uint256 indexed classId, address indexed asset, uint256 amount)',
  'event Claimed(uint256 indexed tokenId, address indexed to, address indexed asset, uint256 amount)',
  'event ApprovalForClass(address indexed owner, uint256 indexed classId, address indexed operator, bool approved)',
  'function getClassMeta(uint256 classId) view returns (string metadataURI, bytes32 integrityHash, uint8 unitDecimals, string policyURI)',
  'function classOf(uint256 tokenId) view returns (uint256)',
  'function valueOf(uint256 tokenId) view returns (uint256)',
  'function shareRatioOf(uint256 tokenId) view returns (uint256)',
  'function expireAtOf(uint256 tokenId) view returns (uint64)',
  'function ownerOf(uint256 tokenId) view returns (address)',
  'function pendingRevenue(uint256 tokenId, address asset) view returns (uint256)',
  'function createClass(string metadataURI, bytes32 integrityHash, uint8 unitDecimals, string policyURI) returns (uint256 classId)',
  'function updateClassMetadata(uint256 classId, string metadataURI, bytes32 integrityHash)',
  'function updateClassPolicy(uint256 classId, string policyURI)',
  'function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt) returns (uint256 tokenId)',
  'function transferToken(uint256 tokenId, address to)',
  'function approveForClass(uint256 classId, address operator, bool approved)',
  'function isApprovedForClass(address owner, uint256 classId, address operator) view returns (bool)',
  'function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value)',
  'function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount)',
  'function settleRevenueETH(uint256 classId) payable',
  'function settleRevenueERC20(uint256 classId, address asset, uint256 amount)',
  'function claim(uint256 tokenId, address asset, address to) returns (uint256 amountClaimed)',
]);

/** The optional proof registry (section 9). */
export const proofAbi = parseAbi([
  'event ProofAdded(uint256 indexed tokenId, bytes32 proofType, string uri, bytes signature)',
  'function addProof(uint256 tokenId, bytes32 proofType, string uri, bytes signature)',
]);

/** ERC-721 and ERC-165, which the profile adds (P12, P29). */
export const erc721Abi = parseAbi([
  'event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)',
  'function supportsInterface(bytes4 interfaceId) view returns (bool)',
  'function balanceOf(address owner) view returns (uint256)',
  'function getApproved(uint256 tokenId) view returns (address)',
  'function approve(address to, uint256 tokenId)',
  'function transferFrom(address from, address to, uint256 tokenId)',
  'function safeTransferFrom(address from, address to, uint256 tokenId)',
]);

/** What P30 needs of ERC-3525. */
export const erc3525Abi = parseAbi([
  'event TransferValue(uint256 indexed fromTokenId, uint256 indexed toTokenId, uint256 value)',
  'function slotOf(uint256 tokenId) view returns (uint256)',
  'function balanceOf(uint256 tokenId) view returns (uint256)',
  'function approve(uint256 tokenId, address operator, uint256 value)',
  'function transferFrom(uint256 fromTokenId, uint256 toTokenId, uint256 value)',
]);

export const holderProbeAbi = parseAbi([
  'event Acted(bytes answer, uint256 heldBefore, uint256 heldAfter)',
  'function act(address target, bytes data) payable returns (bytes answer, uint256 heldBefore, uint256 heldAfter)',
  'function setRejects(bool rejects)',
  'function arm(address target, bytes data)',
  'function called() view returns (bool)',
]);

export const assetProbeAbi = parseAbi([
  'constructor(uint8 mode, address[] holders, address spender)',
  'function setMode(uint8 mode)',
  'function setBlocked(address account, bool blocked)',
  'function arm(address target, bytes data)',
  'function mint(address to, uint256 amount)',
  'function allow(address owner, address spender, uint256 amount)',
  'function balanceOf(address account) view returns (uint256)',
]);
