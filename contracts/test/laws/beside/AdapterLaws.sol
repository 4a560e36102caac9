// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC3525Adapter} from "../../../src/interfaces/IERC3525Adapter.sol";
import {Beside} from "./Beside.sol";

/// @notice Holders and operators move value and tokens of two classes through the adapter (P30, P13).
contract AdapterLaws is Beside {
    IERC3525Adapter internal adapter;
    uint256[] internal classIds;
    uint256[] internal tokens;
    mapping(uint256 tokenId => address) internal ownerOf;
    mapping(uint256 tokenId => uint256) internal classOf;
    mapping(uint256 tokenId => uint256) internal valueOf;
    mapping(uint256 tokenId => address) internal approvedOf;
    mapping(address owner => mapping(uint256 tokenId => mapping(address operator => uint256))) internal allowances;
    mapping(uint256 classId => uint256) internal minted;
    mapping(uint256 classId => uint256) internal recorded;
    mapping(address owner => mapping(uint256 classId => bool)) internal admits;
    address internal bystander = makeAddr("bystander");
    uint256 internal bystandersToken;
    uint256 internal moved;
    uint256 internal movedTokens;
    uint256 internal byAllowance;

    function setUp() public override {
        super.setUp();
        adapter = IERC3525Adapter(deployCode("ERC3525Adapter", abi.encode(address(token))));
        classIds.push(createClass());
        classIds.push(createClass());
        for (uint256 i = 0; i < people.length; ++i) {
            vm.prank(people[i]);
            token.setApprovalForAll(address(adapter), true);
            for (uint256 c = 0; c < 2; ++c) {
                newToken(classIds[c], people[i], 1000 * (i + 1));
                vm.prank(people[i]);
                core.approveForClass(classIds[c], address(adapter), true);
                admits[people[i]][classIds[c]] = true;
            }
        }
        // It has approved the adapter for everything, and nobody at the adapter.
        bystandersToken = newToken(classIds[0], bystander, 777);
        vm.startPrank(bystander);
        token.setApprovalForAll(address(adapter), true);
        core.approveForClass(classIds[0], address(adapter), true);
        vm.stopPrank();
        admits[bystander][classIds[0]] = true;
    }

    function newToken(uint256 classId, address to, uint256 value) private returns (uint256 tokenId) {
        tokenId = mintValue(classId, to, value, 0);
        tokens.push(tokenId);
        (ownerOf[tokenId], classOf[tokenId], valueOf[tokenId]) = (to, classId, value);
        minted[classId] += value;
    }

    function actions() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](10);
        list[0] = this.allow.selector;
        list[1] = this.moveOwn.selector;
        list[2] = this.moveAllowed.selector;
        list[3] = this.moveAllowed.selector;
        list[4] = this.moveToken.selector;
        list[5] = this.approveToken.selector;
        list[6] = this.record.selector;
        list[7] = this.admit.selector;
        list[8] = this.intrude.selector;
        list[9] = this.allow.selector;
    }

    function allow(uint256 which, uint256 who, uint256 amount) external {
        uint256 tokenId = aToken(which);
        address owner = ownerOf[tokenId];
        if (owner == bystander) return;
        amount = amount % 10 == 0 ? type(uint256).max : amount % 3000;
        vm.prank(owner);
        adapter.approve(tokenId, aPerson(who), amount);
        allowances[owner][tokenId][aPerson(who)] = amount;
    }

    function moveOwn(uint256 from, uint256 to, uint256 units) external {
        uint256 tokenId = aToken(from);
        if (ownerOf[tokenId] != bystander) move(tokenId, aToken(to), units, ownerOf[tokenId], false);
    }

    function moveAllowed(uint256 from, uint256 to, uint256 units, uint256 who) external {
        move(aToken(from), aToken(to), units, aPerson(who), true);
    }

    function moveToken(uint256 which, uint256 to, uint256 who, uint256 way) external {
        uint256 tokenId = aToken(which);
        (address owner, address caller) = (ownerOf[tokenId], way % 3 == 0 ? aPerson(who) : ownerOf[tokenId]);
        if (owner == bystander && caller == bystander) return;
        bytes memory call = way % 2 == 0
            ? abi.encodeWithSignature("transferFrom(address,address,uint256)", owner, aPerson(to), tokenId)
            : abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", owner, aPerson(to), tokenId);
        if (caller != owner && approvedOf[tokenId] != caller) return trespass(caller, address(adapter), call);
        vm.prank(caller);
        (bool done,) = address(adapter).call(call);
        assertTrue(done, "E1: who may move a token moves it");
        (ownerOf[tokenId], approvedOf[tokenId]) = (aPerson(to), address(0));
        ++movedTokens;
    }

    /// @notice At the token contract, for one token: ERC-3525 lets its operator move value too.
    function approveToken(uint256 which, uint256 who) external {
        uint256 tokenId = aToken(which);
        if (ownerOf[tokenId] == bystander) return;
        vm.prank(ownerOf[tokenId]);
        token.approve(aPerson(who), tokenId);
        approvedOf[tokenId] = aPerson(who);
    }

    function record(uint256 which, uint256 units) external {
        uint256 tokenId = aToken(which);
        if (ownerOf[tokenId] == bystander) return;
        units %= valueOf[tokenId] + 1;
        vm.prank(ownerOf[tokenId]);
        core.recordUsage(tokenId, keccak256("calls"), units);
        valueOf[tokenId] -= units;
        recorded[classOf[tokenId]] += units;
    }

    function admit(uint256 who, uint256 class, uint256 way) external {
        uint256 classId = classIds[class % 2];
        vm.prank(aPerson(who));
        core.approveForClass(classId, address(adapter), way % 4 != 0);
        admits[aPerson(who)][classId] = way % 4 != 0;
    }

    /// @notice A stranger tries every function on every token.
    function intrude(uint256 which, uint256 to, uint256 units) external {
        (uint256 from, uint256 into, address target) = (aToken(which), aToken(to), address(adapter));
        address owner = ownerOf[from];
        units = 1 + units % 100;
        trespass(stranger, target, abi.encodeCall(IERC721.approve, (stranger, from)));
        trespass(stranger, target, abi.encodeWithSignature("approve(uint256,address,uint256)", from, stranger, units));
        trespass(stranger, target, abi.encodeWithSignature("transferFrom(uint256,uint256,uint256)", from, into, units));
        trespass(
            stranger, target, abi.encodeWithSignature("transferFrom(address,address,uint256)", owner, stranger, from)
        );
        trespass(owner, target, abi.encodeWithSignature("transferFrom(uint256,address,uint256)", from, stranger, units));
    }

    // Laws

    function checkE1TheAdapterShowsTheToken() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 tokenId = tokens[i];
            assertEq(adapter.ownerOf(tokenId), ownerOf[tokenId], "E1: owner");
            assertEq(adapter.balanceOf(tokenId), valueOf[tokenId], "E1: value");
            assertEq(adapter.slotOf(tokenId), classOf[tokenId], "E1: slot");
            assertEq(core.valueOf(tokenId), valueOf[tokenId], "E1: the token's own value");
            assertEq(adapter.getApproved(tokenId), approvedOf[tokenId], "E1: approval");
        }
    }

    function checkE2ValueOfASlotIsConserved() public view {
        for (uint256 c = 0; c < 2; ++c) {
            uint256 sum;
            for (uint256 i = 0; i < tokens.length; ++i) {
                if (adapter.slotOf(tokens[i]) == classIds[c]) sum += adapter.balanceOf(tokens[i]);
            }
            assertEq(sum + recorded[classIds[c]], minted[classIds[c]], "E2: value moves within its slot");
        }
    }

    function checkE3AllowancesAreSpentExactly() public view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            address owner = ownerOf[tokens[i]];
            for (uint256 p = 0; p < people.length; ++p) {
                uint256 expected = allowances[owner][tokens[i]][people[p]];
                assertEq(adapter.allowance(tokens[i], people[p]), expected, "E3: given less used, by this owner");
            }
            assertEq(adapter.allowance(tokens[i], stranger), 0, "E3: a stranger has none");
        }
    }

    function checkE4NobodyTakesWhatItMayNot() public view {
        assertEq(core.ownerOf(bystandersToken), bystander, "E4: a bystander keeps its token");
        assertGe(core.valueOf(bystandersToken), 777, "E4: a bystander loses nothing");
        assertEq(token.balanceOf(stranger), 0, "E4: a stranger gains nothing");
        assertEq(token.balanceOf(address(adapter)), 0, "E4: the adapter keeps nothing");
    }

    function checkAll() external view override {
        checkE1TheAdapterShowsTheToken();
        checkE2ValueOfASlotIsConserved();
        checkE3AllowancesAreSpentExactly();
        checkE4NobodyTakesWhatItMayNot();
    }

    function checkEverythingHappened() external view override {
        assertGt(moved, 0, "moved value");
        assertGt(movedTokens, 0, "moved tokens");
        assertGt(byAllowance, 0, "moved by an allowance");
        assertGt(recorded[classIds[0]], 0, "recorded");
        assertGt(valueOf[bystandersToken], 777, "value given to a bystander");
        assertGt(trespasses, 0, "trespasses");
    }

    // Helpers

    function aToken(uint256 seed) private view returns (uint256) {
        return tokens[seed % tokens.length];
    }

    function move(uint256 from, uint256 to, uint256 units, address caller, bool modest) private {
        address owner = ownerOf[from];
        bool direct = caller == owner || approvedOf[from] == caller;
        uint256 allowed = allowances[owner][from][caller];
        units = modest ? 1 + units % 500 : 1 + units % (valueOf[from] + 2);
        bool valid = from != to && classOf[from] == classOf[to] && units <= valueOf[from]
            && admits[owner][classOf[from]] && (direct || units <= allowed);
        bytes memory call = abi.encodeWithSignature("transferFrom(uint256,uint256,uint256)", from, to, units);
        if (!valid) return trespass(caller, address(adapter), call);
        vm.prank(caller);
        (bool done,) = address(adapter).call(call);
        assertTrue(done, "E3: what is allowed is moved");
        valueOf[from] -= units;
        valueOf[to] += units;
        ++moved;
        if (direct) return;
        ++byAllowance;
        if (allowed != type(uint256).max) allowances[owner][from][caller] = allowed - units;
    }
}
