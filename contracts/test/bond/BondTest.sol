// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    IOperatorBond,

    // Test has a Receipt of its own.
    Receipt as CallReceipt,
    ReceiptMetric,
    SignedReceipt
} from "../../src/interfaces/IOperatorBond.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {Trees} from "../helpers/Trees.sol";

/// @notice An operator with a channel on a lot, its bond, and pairs of receipts that it should not have signed.
abstract contract BondTest is KedgeTest {
    uint64 internal constant SEQ = (1 << 40) | 7;
    uint256 internal constant WINDOW = 7 days;

    IOperatorBond internal bond;
    uint256 internal classId;
    uint32 internal lot;
    uint256 internal operatorSecret;
    address internal reporter = makeAddr("reporter");
    address internal burned = 0x000000000000000000000000000000000000dEaD;

    function setUp() public override {
        super.setUp();
        bond = IOperatorBond(deployCode("OperatorBond", abi.encode(address(token), address(channels))));
        (operator, operatorSecret) = makeAddrAndKey("operator");
        classId = createClass();
        lot = createLot(classId, lotTerms(ETH, 10, 1));
        openListing(classId, lot, 1_000_000, 0);
    }

    function post(address asset, uint256 amount) internal {
        vm.deal(address(this), amount);
        bond.post{value: asset == ETH ? amount : 0}(operator, asset, amount);
    }

    /// @dev A channel over 1,000 units at 10 wei, of which `captured` are captured.
    function serve(bytes32 salt, uint64 captured) internal returns (Channel memory channel) {
        channel = channelTerms(buy(holder, classId, lot, 1000), 1000);
        channel.salt = salt;
        openChannel(channel);
        if (captured != 0) captureTo(channel, captured);
    }

    function receiptOf(bytes32 channelId, bytes32 responseHash) internal pure returns (CallReceipt memory receipt) {
        ReceiptMetric[] memory metrics = new ReceiptMetric[](2);
        metrics[0] = ReceiptMetric(keccak256("input_tokens"), 12);
        metrics[1] = ReceiptMetric(keccak256("output_tokens"), 40);
        receipt = CallReceipt({
            channelId: channelId,
            tokenId: 1,
            classId: 2,
            policyHash: keccak256("policy"),
            seq: SEQ,
            requestHash: keccak256("request"),
            responseHash: responseHash,
            metrics: metrics,
            units: 132,
            cumulativeUnits: 132,
            previousReceiptHash: 0,
            issuedAt: 1_790_000_000
        });
    }

    /// @dev Second leaf of a batch of three.
    function sign(CallReceipt memory receipt, uint64 batch, uint256 secret)
        internal
        view
        returns (SignedReceipt memory signed)
    {
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = keccak256("another");
        leaves[1] = keccak256(abi.encode(bond.receiptHash(receipt)));
        leaves[2] = keccak256("a third");
        bytes32 digest = bond.batchDigest(operator, 1, batch, Trees.rootOf(leaves));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        signed = SignedReceipt(receipt, 1, batch, Trees.pathOf(leaves, 1), abi.encodePacked(r, s, v));
    }

    function pairOf(Channel memory channel) internal view returns (SignedReceipt memory, SignedReceipt memory) {
        bytes32 channelId = channels.channelIdOf(channel);
        return (
            sign(receiptOf(channelId, keccak256("one answer")), 1, operatorSecret),
            sign(receiptOf(channelId, keccak256("another answer")), 2, operatorSecret)
        );
    }

    function prove(Channel memory channel, address asset) internal returns (uint32) {
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.prank(reporter);
        return bond.proveFraud(channel, asset, first, second);
    }

    function pay(Channel memory channel, address asset) internal returns (uint256, uint256) {
        return bond.payFraud(asset, channels.channelIdOf(channel));
    }
}
