// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {ClassKind, ClassTerms, ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDataAnchoringToken} from "../../src/interfaces/IDataAnchoringToken.sol";
import {
    Channel,
    ChannelMode,
    IValueChannels,
    ReceiptAnchor,
    RoyaltyEdge,
    Voucher
} from "../../src/interfaces/IValueChannels.sol";
import {IValueMarket} from "../../src/interfaces/IValueMarket.sol";
import {PlainAsset} from "./Assets.sol";
import {CaptureItem, compactSignature, encodeItems} from "./CaptureItems.sol";

/// @notice The deployed contracts, and the shortest way to a class, a lot, a token, a channel and a voucher.
/// @dev Deploys by artifact name, so that a change of a contract recompiles no test.
abstract contract KedgeTest is Test {
    address internal constant ETH = address(0);
    uint256 internal constant START = 1_760_000_000;

    IDataAnchoringToken internal token;
    IDATCore internal core;
    IValueChannels internal channels;
    IValueMarket internal market;
    PlainAsset internal usd;

    address internal issuer = makeAddr("issuer");
    address internal holder = makeAddr("holder");
    address internal operator = makeAddr("operator");
    address internal stranger = makeAddr("stranger");
    address internal channelKey;
    uint256 internal channelKeySecret;

    function setUp() public virtual {
        vm.warp(START);
        address third = deployCode("DataAnchoringTokenThirdExtension");
        address second = deployCode("DataAnchoringTokenSecondExtension", abi.encode(third));
        address extension = deployCode("DataAnchoringTokenExtension", abi.encode(second));
        address deployed = deployCode("DataAnchoringToken", abi.encode("Kedge", "DAT", extension));
        token = IDataAnchoringToken(deployed);
        core = IDATCore(deployed);
        channels = IValueChannels(deployCode("ValueChannels", abi.encode(deployed)));
        market = IValueMarket(deployCode("ValueMarket", abi.encode(deployed)));
        usd = new PlainAsset();
        (channelKey, channelKeySecret) = makeAddrAndKey("channel key");
    }

    function classTerms(ParentTerms[] memory parents, address beneficiary) internal pure returns (ClassTerms memory) {
        return ClassTerms({
            metadataURI: "ipfs://metadata",
            integrityHash: keccak256("metadata"),
            unitDecimals: 0,
            policyURI: "ipfs://policy",
            policyHash: keccak256("policy"),
            kind: ClassKind.Dataset,
            beneficiary: beneficiary,
            parents: parents
        });
    }

    function createClass() internal returns (uint256) {
        return createClass(new ParentTerms[](0), address(0));
    }

    function createClass(ParentTerms[] memory parents, address beneficiary) internal returns (uint256) {
        vm.prank(issuer);
        return token.createClassWithTerms(classTerms(parents, beneficiary));
    }

    function parent(uint256 classId, uint16 royaltyBps) internal pure returns (ParentTerms[] memory parents) {
        parents = new ParentTerms[](1);
        parents[0] = ParentTerms(uint64(classId), royaltyBps);
    }

    /// @notice Terms of a refundable lot, sold by the market, without an operator's cut.
    function lotTerms(address asset, uint96 numerator, uint64 denominator) internal view returns (LotTerms memory) {
        return LotTerms({
            asset: asset,
            priceNumerator: numerator,
            priceDenominator: denominator,
            operatorBps: 0,
            refundable: true,
            expiredToClass: false,
            seller: address(market)
        });
    }

    function createLot(uint256 classId, LotTerms memory terms) internal returns (uint32) {
        vm.prank(issuer);
        return token.createLot(classId, terms);
    }

    function openListing(uint256 classId, uint32 lot, uint64 supply, uint64 expireAt) internal {
        vm.prank(issuer);
        market.openListing(classId, lot, supply, expireAt);
    }

    /// @notice Buys from the market for `buyer`, who is given what it costs.
    function buy(address buyer, uint256 classId, uint32 lot, uint64 units) internal returns (uint256 tokenId) {
        uint256 cost = token.lotCostUp(classId, lot, units);
        address asset = token.lotInfo(classId, lot).terms.asset;
        if (asset == ETH) {
            vm.deal(buyer, buyer.balance + cost);
            vm.prank(buyer);
            (tokenId,) = market.buy{value: cost}(classId, lot, units, buyer, cost);
        } else {
            PlainAsset(asset).mint(buyer, cost);
            vm.startPrank(buyer);
            PlainAsset(asset).approve(address(market), cost);
            (tokenId,) = market.buy(classId, lot, units, buyer, cost);
            vm.stopPrank();
        }
    }

    /// @notice An unbacked token of a class whose policy has a hash.
    function mintValue(uint256 classId, address to, uint256 value, uint64 expireAt) internal returns (uint256) {
        return mint(classId, to, value, 0, expireAt);
    }

    function mintShare(uint256 classId, address to, uint256 share) internal returns (uint256) {
        return mint(classId, to, 0, share, 0);
    }

    function mint(uint256 classId, address to, uint256 value, uint256 share, uint64 expireAt)
        internal
        returns (uint256)
    {
        vm.prank(issuer);
        return core.mint(classId, to, value, share, expireAt);
    }

    function settleETH(uint256 classId, uint256 amount) internal {
        vm.deal(address(this), address(this).balance + amount);
        core.settleRevenueETH{value: amount}(classId);
    }

    function settleUSD(uint256 classId, uint256 amount) internal {
        usd.mint(address(this), amount);
        usd.approve(address(token), amount);
        core.settleRevenueERC20(classId, address(usd), amount);
    }

    /// @notice A strict channel of 30 days without a rate.
    function channelTerms(uint256 tokenId, uint64 cap) internal view returns (Channel memory) {
        return Channel({
            holder: holder,
            tokenId: tokenId,
            operator: operator,
            channelKey: channelKey,
            cap: cap,
            rate: 0,
            burst: 0,
            deadline: uint64(block.timestamp + 30 days),
            grace: 1 days,
            mode: ChannelMode.Strict,
            salt: bytes32(0)
        });
    }

    function openChannel(Channel memory channel) internal returns (bytes32) {
        vm.prank(channel.holder);
        return token.lock(channel.tokenId, channel.cap, address(channels), abi.encode(channel));
    }

    function voucherItem(Channel memory channel, uint64 cumulativeUnits) internal view returns (CaptureItem memory) {
        return voucherItem(channel, cumulativeUnits, channelKeySecret);
    }

    function voucherItem(Channel memory channel, uint64 cumulativeUnits, uint256 secret)
        internal
        view
        returns (CaptureItem memory item)
    {
        item = unsignedItem(channel, cumulativeUnits);
        item.unsigned = false;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digestOf(item));
        (item.r, item.vs) = compactSignature(v, r, s);
    }

    /// @notice What the channel key captures by sending it.
    function unsignedItem(Channel memory channel, uint64 cumulativeUnits) internal pure returns (CaptureItem memory) {
        return CaptureItem(channel, cumulativeUnits, keccak256("receipt"), 1, 0, 0, true);
    }

    function digestOf(CaptureItem memory item) internal view returns (bytes32) {
        return channels.voucherDigest(
            Voucher(channels.channelIdOf(item.channel), item.cumulativeUnits, item.receiptHash, item.seq)
        );
    }

    function capture(CaptureItem memory item) internal {
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = item;
        capture(items);
    }

    function capture(CaptureItem[] memory items) internal {
        channels.capture(encodeItems(items), new RoyaltyEdge[](0), new ReceiptAnchor[](0));
    }

    /// @notice Signs and captures up to `cumulativeUnits`.
    function captureTo(Channel memory channel, uint64 cumulativeUnits) internal {
        capture(voucherItem(channel, cumulativeUnits));
    }

    function capturedOf(Channel memory channel) internal view returns (uint64 capturedUnits) {
        (, capturedUnits,,) = channels.channelState(channel);
    }
}
