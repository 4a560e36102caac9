// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DepositTerms, IChannelDeposits, TransferAuthorization} from "../../src/interfaces/IChannelDeposits.sol";
import {Channel, ChannelMode} from "../../src/interfaces/IValueChannels.sol";
import {AuthorizedAsset} from "../helpers/AuthorizedAsset.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice A lot that deposits buy from, and one who pays into them.
abstract contract DepositsTest is KedgeTest {
    bytes32 internal constant SALT = keccak256("the channel that is continued");

    IChannelDeposits internal deposits;
    AuthorizedAsset internal aut;
    uint256 internal classId;
    uint32 internal lot;
    address internal payer;
    uint256 internal payerSecret;
    address internal refundTo = makeAddr("refund address");

    function setUp() public override {
        super.setUp();
        deposits = IChannelDeposits(deployCode("ChannelDeposits", abi.encode(address(token), address(channels))));
        aut = new AuthorizedAsset();
        (payer, payerSecret) = makeAddrAndKey("payer");
        classId = createClass();
        lot = listLot(address(aut));
        aut.mint(payer, 1_000_000);
    }

    function listLot(address asset) internal returns (uint32 made) {
        made = createLot(classId, lotTerms(asset, 100, 3));
        openListing(classId, made, 1000, 0);
    }

    function termsOf(uint32 lot_, address asset) internal view returns (DepositTerms memory) {
        return DepositTerms({
            market: address(market),
            classId: classId,
            lot: lot_,
            asset: asset,
            holder: holder,
            refundTo: refundTo,
            operator: operator,
            channelKey: operator,
            rate: 7,
            burst: 9,
            deadline: uint64(START + 30 days),
            grace: 1 days,
            mode: ChannelMode.Capped,
            salt: SALT
        });
    }

    function terms() internal view returns (DepositTerms memory) {
        return termsOf(lot, address(aut));
    }

    function pay(DepositTerms memory to, uint256 amount) internal returns (address deposit) {
        deposit = deposits.depositOf(to);
        if (to.asset == ETH) vm.deal(deposit, deposit.balance + amount);
        else AuthorizedAsset(to.asset).mint(deposit, amount);
    }

    function authorize(DepositTerms memory to, uint256 value) internal view returns (TransferAuthorization memory) {
        return authorize(deposits.depositOf(to), value);
    }

    function authorize(address to, uint256 value) internal view returns (TransferAuthorization memory given) {
        given = TransferAuthorization(payer, value, 0, START + 1 hours, keccak256("nonce"), "");
        bytes32 digest = aut.digestOf(payer, to, value, given.validAfter, given.validBefore, given.nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerSecret, digest);
        given.signature = abi.encodePacked(r, s, v);
    }

    function firstToken(uint32 lot_) internal view returns (uint256) {
        return (classId << 64) | (uint256(lot_) << 32) | 1;
    }

    function channelOf(DepositTerms memory of_, uint256 tokenId, uint64 units) internal view returns (Channel memory) {
        return Channel(
            deposits.depositOf(of_),
            tokenId,
            of_.operator,
            of_.channelKey,
            units,
            of_.rate,
            of_.burst,
            of_.deadline,
            of_.grace,
            of_.mode,
            of_.salt
        );
    }

    function refundsAll(uint256 amount) internal {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsTooEarly.selector, stranger, START + 30 days)
        );
        deposits.refund(terms(), address(aut));
        vm.prank(refundTo);
        assertEq(deposits.refund(terms(), address(aut)), amount);
        assertEq(aut.balanceOf(refundTo), amount);
    }
}
