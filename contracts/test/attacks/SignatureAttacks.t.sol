// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATApprovals} from "../../src/interfaces/IDATApprovals.sol";
import {Channel, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {CaptureItem, compactSignature} from "../helpers/CaptureItems.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice A holder that is a contract and changes its mind about what it signed.
contract FickleHolder {
    bool public agrees = true;

    function setAgrees(bool agrees_) external {
        agrees = agrees_;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return agrees ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Attacks on vouchers and permits, by the names that docs/security/threat-model.md lists them under.
contract SignatureAttacksTest is KedgeTest {
    bytes32 private constant USAGE_PERMIT = keccak256(
        "UsagePermit(address owner,uint256 scope,address operator,uint64 units,uint64 expireAt,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint256 private classId;
    uint256 private tokenId;
    address private signer;
    uint256 private secret;
    Channel private channel;

    function setUp() public override {
        super.setUp();
        (signer, secret) = makeAddrAndKey("signer");
        classId = createClass();
        tokenId = mintValue(classId, signer, 1000, 0);
        channel = channelTerms(tokenId, 100);
        channel.holder = signer;
        openChannel(channel);
    }

    function permit(uint256 nonce, uint256 deadline) private view returns (bytes memory) {
        bytes32 structHash =
            keccak256(abi.encode(USAGE_PERMIT, signer, classId, operator, uint64(5), uint64(0), nonce, deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, s, v);
    }

    function use(bytes memory signature) private {
        token.permitUsage(signer, classId, operator, 5, 0, block.timestamp, signature);
    }

    function notSigned(uint256 nonce) private {
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, signer, nonce));
    }

    function test_Attack_SignatureReplayOfANonce() public {
        bytes memory signature = permit(0, block.timestamp);
        use(signature);
        notSigned(1);
        use(signature);
    }

    function test_Attack_SignatureReplayOnAnotherChain() public {
        bytes memory signature = permit(0, block.timestamp);
        CaptureItem memory item = voucherItem(channel, 10);
        vm.chainId(block.chainid + 1);
        notSigned(0);
        use(signature);
        // There the channel has another id, and nobody opened that.
        capture(item);
        vm.chainId(block.chainid - 1);
        assertEq(capturedOf(channel), 0);
        capture(item);
        assertEq(capturedOf(channel), 10);
    }

    function test_Attack_SignatureReplayOnAnotherContract() public {
        bytes memory signature = permit(0, block.timestamp);
        CaptureItem memory item = voucherItem(channel, 10);
        address before = address(token);
        (IValueChannels channelsBefore) = channels;
        super.setUp();
        assertTrue(address(token) != before);
        classId = createClass();
        notSigned(0);
        use(signature);
        capture(item);
        channels = channelsBefore;
        assertEq(capturedOf(channel), 0);
    }

    function test_Attack_SignatureReplayAfterItsDeadline() public {
        bytes memory signature = permit(0, block.timestamp);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitExpired.selector, START));
        token.permitUsage(signer, classId, operator, 5, 0, START, signature);
    }

    function test_Attack_VoucherReplay() public {
        captureTo(channel, 10);
        captureTo(channel, 10);
        assertEq(capturedOf(channel), 10);
        // Nor does a voucher serve a channel that is like the one it was signed for.
        Channel memory twin = channel;
        twin.salt = bytes32("twin");
        openChannel(twin);
        CaptureItem memory stolen = voucherItem(channel, 50);
        stolen.channel = twin;
        capture(stolen);
        assertEq(capturedOf(twin), 0);
    }

    function test_Attack_SignatureMalleability() public {
        CaptureItem memory item = voucherItem(channel, 10);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(channelKeySecret, digestOf(item));
        (item.r, item.vs) = compactSignature(v == 27 ? 28 : 27, r, bytes32(ORDER - uint256(s)));
        capture(item);
        assertEq(capturedOf(channel), 0);

        bytes memory high = permit(0, block.timestamp);
        assembly {
            let place := add(high, 0x40)
            mstore(place, sub(ORDER, mload(place)))
            mstore8(add(high, 0x60), sub(55, byte(0, mload(add(high, 0x60)))))
        }
        notSigned(0);
        use(high);
    }

    /// @notice What recovers to nobody is nobody's signature: no channel has the zero key, and no holder the zero address.
    function test_Attack_ZeroAddressEcrecover() public {
        CaptureItem memory item = voucherItem(channel, 10);
        (item.r, item.vs) = (bytes32(0), bytes32(0));
        capture(item);
        assertEq(capturedOf(channel), 0);
        item.channel.channelKey = address(0);
        capture(item);
        vm.prank(signer);
        vm.expectRevert(
            abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, bytes32("channelKey"))
        );
        token.lock(tokenId, 100, address(channels), abi.encode(item.channel));
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, address(0), 0));
        token.permitUsage(address(0), classId, operator, 5, 0, block.timestamp, new bytes(65));
    }

    /// @notice A contract's word counts when the permit is sent, and channels take no contract's word at all (R10).
    function test_Attack_ERC1271Changes() public {
        FickleHolder fickle = new FickleHolder();
        fickle.setAgrees(false);
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, address(fickle), 0));
        token.permitUsage(address(fickle), classId, operator, 5, 0, block.timestamp, "");
        fickle.setAgrees(true);
        token.permitUsage(address(fickle), classId, operator, 5, 0, block.timestamp, "");
        fickle.setAgrees(false);
        (uint64 left,) = token.usageAllowance(address(fickle), classId, operator);
        assertEq(left, 5, "given is given, until it is withdrawn");

        Channel memory theirs = channel;
        (theirs.channelKey, theirs.salt) = (address(fickle), bytes32("contract"));
        fickle.setAgrees(true);
        openChannel(theirs);
        capture(voucherItem(theirs, 10));
        assertEq(capturedOf(theirs), 0);
    }

    /// @notice Whoever sends a permit first does what its signer wanted; a buyer by permit is served all the same.
    function test_Attack_PermitFrontRunning() public {
        bytes memory signature = permit(0, block.timestamp);
        vm.prank(stranger);
        use(signature);
        (uint64 left,) = token.usageAllowance(signer, classId, operator);
        assertEq(left, 5);
        vm.prank(operator);
        core.recordUsage(tokenId, keccak256("calls"), 5);
        assertEq(core.valueOf(tokenId), 895);
    }

    /// @notice Locks are named by what they are, so that a reorganised chain gives no id to anybody else (R7).
    function test_Attack_ReorgedDeposit() public {
        Channel memory mine = channelTerms(tokenId, 50);
        (mine.holder, mine.salt) = (signer, bytes32("mine"));
        uint256 snapshot = vm.snapshotState();
        bytes32 id = openChannel(mine);
        CaptureItem memory item = voucherItem(mine, 20);
        vm.revertToState(snapshot);
        // After the reorganisation another channel was opened first.
        Channel memory theirs = mine;
        theirs.operator = stranger;
        bytes32 other = openChannel(theirs);
        assertTrue(other != id);
        capture(item);
        assertEq(capturedOf(theirs), 0);
        mine.operator = operator;
        assertEq(openChannel(mine), id);
        capture(item);
        assertEq(capturedOf(mine), 20);
    }
}
