// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {IDATApprovals} from "../../src/interfaces/IDATApprovals.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLots} from "../../src/interfaces/IDATLots.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice A holder that is a contract: accepts one digest with one signature.
contract ContractHolder {
    bytes32 private _accepted;

    function accept(bytes32 digest, bytes calldata signature) external {
        _accepted = keccak256(abi.encode(digest, signature));
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return keccak256(abi.encode(digest, signature)) == _accepted ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Branches: Approvals.tree.
contract ApprovalsTest is KedgeTest {
    bytes32 private constant METRIC = keccak256("inference_calls");
    bytes32 private constant CLASS_PERMIT = keccak256(
        "ClassPermit(address owner,uint256 classId,address operator,bool approved,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant USAGE_PERMIT = keccak256(
        "UsagePermit(address owner,uint256 scope,address operator,uint64 units,uint64 expireAt,uint256 nonce,uint256 deadline)"
    );

    uint256 private classId;
    uint256 private tokenId;
    uint256 private other;
    address private signer;
    uint256 private secret;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mintValue(classId, holder, 100, uint64(START + 10 days));
        other = mintValue(classId, holder, 100, 0);
        (signer, secret) = makeAddrAndKey("signer");
    }

    function approve(uint256 scope, uint64 units, uint64 expireAt) private {
        vm.prank(holder);
        token.approveUsage(scope, operator, units, expireAt);
    }

    function use(uint256 which, uint256 amount) private {
        vm.prank(operator);
        core.recordUsage(which, METRIC, amount);
    }

    function unitsLeft(uint256 scope) private view returns (uint64 units) {
        (units,) = token.usageAllowance(holder, scope, operator);
    }

    function test_P13_ATokensAllowanceIsTakenFirst() public {
        vm.expectEmit(address(token));
        emit IDATApprovals.UsageApproval(holder, tokenId, operator, 30, uint64(START + 1 days));
        approve(tokenId, 30, uint64(START + 1 days));
        approve(classId, 50, 0);
        vm.expectEmit(address(token));
        emit IDATApprovals.UsageAllowanceSpent(holder, tokenId, operator, 10);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, METRIC, 20, operator);
        use(tokenId, 20);
        assertEq(core.valueOf(tokenId), 80);
        // Ten are left for the token: not enough, and allowances are not added up.
        vm.expectEmit(address(token));
        emit IDATApprovals.UsageAllowanceSpent(holder, classId, operator, 30);
        use(tokenId, 20);
        use(other, 30);
        assertEq(unitsLeft(tokenId), 10);
        assertEq(unitsLeft(classId), 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, other, operator));
        use(other, 0);
        use(tokenId, 0);
        use(tokenId, 10);
        assertEq(core.valueOf(tokenId), 50);
    }

    function test_P13_OneUnitIsTaken() public {
        approve(tokenId, 2, 0);
        use(tokenId, 1);
        assertEq(core.valueOf(tokenId), 99);
        assertEq(unitsLeft(tokenId), 1);
    }

    function test_P13_NeverMoreThanTheCap() public {
        approve(tokenId, 9, 0);
        bytes memory exceeded =
            abi.encodeWithSelector(IDATApprovals.DATUsageAllowanceExceeded.selector, tokenId, operator, 9, 10);
        vm.expectRevert(exceeded);
        use(tokenId, 10);
        approve(classId, 7, 0);
        vm.expectRevert(exceeded);
        use(tokenId, 10);
        vm.expectRevert(
            abi.encodeWithSelector(IDATApprovals.DATUsageAllowanceExceeded.selector, other, operator, 7, 2 ** 64)
        );
        use(other, 2 ** 64);
        approve(classId, type(uint64).max, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, other, 100, 101));
        use(other, 101);
    }

    function test_P13_AnAllowanceExpires() public {
        approve(tokenId, 9, uint64(START + 1 days));
        vm.warp(START + 1 days);
        use(tokenId, 1);
        vm.warp(START + 1 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        use(tokenId, 1);
        approve(tokenId, 9, 0);
        vm.warp(START + 10 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, START + 10 days));
        use(tokenId, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 5));
        use(5, 1);
    }

    function test_P13_RemovingAnOperatorActsAtOnce() public {
        approve(tokenId, 9, 0);
        use(tokenId, 1);
        approve(tokenId, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        use(tokenId, 1);
    }

    function test_P13_AnAllowanceIsTheOwnersAndForUsageOnly() public {
        approve(tokenId, 50, 0);
        approve(classId, 50, 0);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        core.transferToken(tokenId, operator);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        core.transferValue(tokenId, other, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        core.claim(tokenId, ETH, payable(operator));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        token.lock(tokenId, 1, address(channels), "");
        vm.stopPrank();
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        use(tokenId, 1);
    }

    function test_P13_AClassApprovalLeavesAllowancesAlone() public {
        approve(tokenId, 5, 0);
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        use(tokenId, 50);
        assertEq(unitsLeft(tokenId), 5);
        vm.prank(holder);
        core.approveForClass(classId, operator, false);
        use(tokenId, 5);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        use(tokenId, 1);
    }

    function test_P13_BackedUseReleasesItsBacking() public {
        mintShare(classId, stranger, 1);
        uint256 backed = buy(holder, classId, createLotOnSale(), 10);
        approve(backed, 4, 0);
        use(backed, 4);
        assertEq(token.revenueInfo(classId, ETH).received, 12);
        assertEq(token.owedTo(operator, ETH), 0);
    }

    function test_R3_UseOfNothingReleasesNothing() public {
        uint256 backed = buy(holder, classId, createLotOnSale(), 10);
        approve(backed, 4, 0);
        vm.recordLogs();
        use(backed, 0);
        vm.prank(holder);
        core.recordUsage(backed, METRIC, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertGt(logs.length, 0);
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IDATLots.BackingReleased.selector);
        }
    }

    function createLotOnSale() private returns (uint32 lot) {
        lot = createLot(classId, lotTerms(ETH, 3, 1));
        openListing(classId, lot, 100, 0);
    }

    function test_P15_SelfReportsAreToldApart() public {
        vm.expectEmit(address(token));
        emit IDATApprovals.UsageSelfReported(tokenId);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, METRIC, 1, holder);
        vm.prank(holder);
        core.recordUsage(tokenId, METRIC, 1);

        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        vm.recordLogs();
        use(tokenId, 1);
        assertEq(vm.getRecordedLogs().length, 1);
        approve(tokenId, 1, 0);
        vm.prank(holder);
        core.approveForClass(classId, operator, false);
        vm.recordLogs();
        use(tokenId, 1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IDATApprovals.UsageSelfReported.selector);
        }
    }

    // Permits.

    function sign(bytes32 structHash, uint256 key) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digestOfStruct(structHash));
        return abi.encodePacked(r, s, v);
    }

    function digestOfStruct(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash));
    }

    function classPermit(address owner, bool approved, uint256 nonce, uint256 deadline) private view returns (bytes32) {
        return keccak256(abi.encode(CLASS_PERMIT, owner, classId, operator, approved, nonce, deadline));
    }

    function usagePermit(address owner, uint64 units, uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(USAGE_PERMIT, owner, tokenId, operator, units, uint64(START + 9), nonce, START));
    }

    function test_P13_AClassPermitWorksOnce() public {
        bytes memory signature = sign(classPermit(signer, true, 0, START), secret);
        vm.expectEmit(address(token));
        emit IDATCore.ApprovalForClass(signer, classId, operator, true);
        vm.prank(stranger);
        token.permitForClass(signer, classId, operator, true, START, signature);
        assertTrue(core.isApprovedForClass(signer, classId, operator));
        assertEq(token.nonces(signer), 1);
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, signer, 1));
        token.permitForClass(signer, classId, operator, true, START, signature);
        token.permitForClass(
            signer, classId, operator, false, START, sign(classPermit(signer, false, 1, START), secret)
        );
        assertFalse(core.isApprovedForClass(signer, classId, operator));
    }

    function test_P13_AUsagePermitSetsAnAllowance() public {
        bytes memory signature = sign(usagePermit(signer, 77, 0), secret);
        vm.expectEmit(address(token));
        emit IDATApprovals.UsageApproval(signer, tokenId, operator, 77, uint64(START + 9));
        token.permitUsage(signer, tokenId, operator, 77, uint64(START + 9), START, signature);
        (uint64 units, uint64 expireAt) = token.usageAllowance(signer, tokenId, operator);
        assertEq(units, 77);
        assertEq(expireAt, START + 9);
    }

    function test_P13_PermitsAreBound() public {
        bytes memory signature = sign(classPermit(signer, true, 0, START), secret);
        bytes memory notSigned = abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, signer, 0);
        // Another owner's key, other terms, another class, another deadline.
        bytes memory forged = sign(classPermit(signer, true, 0, START), secret + 1);
        vm.expectRevert(notSigned);
        token.permitForClass(signer, classId, operator, true, START, forged);
        vm.expectRevert(notSigned);
        token.permitForClass(signer, classId, operator, false, START, signature);
        vm.expectRevert(notSigned);
        token.permitForClass(signer, classId + 1, operator, true, START, signature);
        vm.expectRevert(notSigned);
        token.permitForClass(signer, classId, operator, true, START + 1, signature);
        // The signature's twin with the high s, and none at all.
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digestOfStruct(classPermit(signer, true, 0, START)));
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        vm.expectRevert(notSigned);
        token.permitForClass(
            signer, classId, operator, true, START, abi.encodePacked(r, n - uint256(s), v == 27 ? uint8(28) : uint8(27))
        );
        vm.expectRevert(notSigned);
        token.permitForClass(signer, classId, operator, true, START, "");
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, address(0), 0));
        token.permitForClass(address(0), classId, operator, true, START, signature);
        // Another chain, and a second later.
        vm.chainId(block.chainid + 1);
        vm.expectRevert(notSigned);
        token.permitForClass(signer, classId, operator, true, START, signature);
        vm.chainId(block.chainid - 1);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitExpired.selector, START));
        token.permitForClass(signer, classId, operator, true, START, signature);
    }

    function test_P13_AnOwnerCancelsItsPermits() public {
        bytes memory signature = sign(usagePermit(signer, 77, 0), secret);
        vm.expectEmit(address(token));
        emit IDATApprovals.NonceUsed(signer, 1);
        vm.prank(signer);
        token.cancelPermits();
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, signer, 1));
        token.permitUsage(signer, tokenId, operator, 77, uint64(START + 9), START, signature);
    }

    function test_P13_AContractSignsByERC1271() public {
        ContractHolder wallet = new ContractHolder();
        bytes32 digest = digestOfStruct(classPermit(address(wallet), true, 0, START));
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, address(wallet), 0));
        token.permitForClass(address(wallet), classId, operator, true, START, "yes");
        wallet.accept(digest, "yes");
        token.permitForClass(address(wallet), classId, operator, true, START, "yes");
        assertTrue(core.isApprovedForClass(address(wallet), classId, operator));
        vm.expectRevert(abi.encodeWithSelector(IDATApprovals.DATPermitNotSigned.selector, address(wallet), 1));
        token.permitForClass(address(wallet), classId, operator, true, START, "yes");
    }

    function test_P13_TheDomainIsReadable() public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address contract_,
            bytes32 salt,
            uint256[] memory extensions
        ) = token.eip712Domain();
        assertEq(fields, bytes1(0x0f));
        assertEq(salt, 0);
        assertEq(extensions.length, 0);
        assertEq(contract_, address(token));
        assertEq(
            token.DOMAIN_SEPARATOR(),
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256(bytes(name)),
                    keccak256(bytes(version)),
                    chainId,
                    contract_
                )
            )
        );
    }
}
