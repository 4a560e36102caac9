// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The immutable terms on which tokens of a lot are sold (R1).
/// @param asset What buyers pay with and what backs the value; zero address: ETH.
/// @param priceNumerator Smallest units of `asset` for `priceDenominator` units of value.
/// @param operatorBps Basis points of released backing that go to the channel's operator (R3), whom the holder chooses: it
/// can name itself and capture, so where a lot is not refundable, this part comes back all the same.
/// @param refundable Whether the holder may return unspent, unlocked units before expiry (R4). If not, what it can get out is
/// the operator's part.
/// @param expiredToClass What expires unspent: true, revenue of the class; false, refundable to the holder (P33).
/// @param seller The only address that may mint from the lot.
struct LotTerms {
    address asset;
    uint96 priceNumerator;
    uint64 priceDenominator;
    uint16 operatorBps;
    bool refundable;
    bool expiredToClass;
    address seller;
}

/// @notice A lot as read back. Units and amounts are exact.
/// @param outstanding Units minted and neither spent nor refunded nor swept (locked ones included).
/// @param spent Units spent since the lot began.
/// @param escrow Backing still held, in smallest units of the asset.
struct LotInfo {
    LotTerms terms;
    uint32 policyVersion;
    uint64 outstanding;
    uint64 spent;
    uint96 escrow;
}

/// @title IDATLots: value sold on fixed terms, backed by escrowed payment (R1-R4).
/// @notice tokenId = classId << 64 | lot << 32 | serial. Unbacked lots are numbered by their policy version;
/// backed lots have the highest bit of `lot` set.
interface IDATLots {
    event LotCreated(uint256 indexed classId, uint32 indexed lot, uint32 policyVersion, LotTerms terms);
    /// @notice Companion of `Minted` for tokens bought from a lot. `deposit` = ceil(price x units).
    event ValueBacked(uint256 indexed tokenId, uint64 units, uint256 deposit);
    /// @notice Backing released because units were spent: `operatorAmount` is owed to `operator`, `revenue` is the class's.
    event BackingReleased(
        uint256 indexed classId, uint32 indexed lot, address indexed operator, uint256 operatorAmount, uint256 revenue
    );
    event ValueRefunded(uint256 indexed tokenId, address indexed to, uint64 units, uint256 amount);
    /// @notice Expired, unspent units became revenue of the class (P33).
    event ExpiredValueSwept(uint256 indexed tokenId, uint64 units, uint256 amount);

    /// @notice Thrown when a lot id names no backed lot of the class.
    error DATNonexistentLot(uint256 classId, uint32 lot);
    /// @notice Thrown when a lot's terms cannot be honoured; `field` names the offending one.
    error DATInvalidLotTerms(bytes32 field);
    /// @notice Thrown when a lot is made under a policy version that has no hash (R25).
    error DATPolicyWithoutHash(uint256 classId, uint32 policyVersion);
    /// @notice Thrown when someone else than the lot's seller mints from it.
    error DATNotSeller(uint256 classId, uint32 lot, address caller);
    /// @notice Thrown when the deposit is not exactly ceil(price x units).
    error DATWrongDeposit(uint256 expected, uint256 received);
    /// @notice Thrown when the lot's terms allow no refund now.
    error DATNotRefundable(uint256 tokenId);
    /// @notice Thrown when a sweep finds nothing to do: not expired, or refundable to its holder.
    error DATNothingToSweep(uint256 tokenId);

    /// @notice Creates a backed lot under the current policy version.
    /// @dev Requirements: caller is the issuer; the policy has a hash; `priceNumerator`, `priceDenominator` and `seller`
    /// are not zero; `operatorBps` <= 10,000.
    /// @dev Warning: `asset` must be one whose balance does not shrink by itself; solvency is promised for those only.
    function createLot(uint256 classId, LotTerms calldata terms) external returns (uint32 lot);

    /// @notice Mints `units` backed by ceil(price x units), sent as ETH or pulled from the caller.
    /// @dev Requirements: caller is the lot's seller; `units` > 0; the deposit arrives in full.
    function mintFromLot(uint256 classId, uint32 lot, address to, uint64 units, uint64 expireAt)
        external
        payable
        returns (uint256 tokenId);

    /// @notice Returns unspent units for floor(price x units).
    /// @dev Requirements: caller is the holder; the lot is refundable, or the token has expired and its lot pays the holder.
    function refund(uint256 tokenId, uint64 units, address payable to) external returns (uint256 amount);

    /// @notice Turns a token's expired units into revenue of the class where the lot says so. Anyone may call.
    function sweepExpired(uint256 tokenId) external returns (uint256 amount);

    /// @notice The lot of an existing token.
    function lotOf(uint256 tokenId) external view returns (uint32);

    function lotInfo(uint256 classId, uint32 lot) external view returns (LotInfo memory);

    /// @notice ceil(price x units) in smallest units of the lot's asset.
    function lotCostUp(uint256 classId, uint32 lot, uint64 units) external view returns (uint256);

    /// @notice `lotCostUp` and what it is paid in.
    function lotQuoteUp(uint256 classId, uint32 lot, uint64 units) external view returns (uint256 cost, address asset);

    /// @notice Policy version and hash that the token's value was made under.
    function policyOfToken(uint256 tokenId) external view returns (uint32 policyVersion, bytes32 policyHash);
}
