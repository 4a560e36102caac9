// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Commitment, Contribution, IContributorRoots, RootTerms} from "../../../src/interfaces/IContributorRoots.sol";
import {Trees} from "../../helpers/Trees.sol";
import {Beside} from "./Beside.sol";

/// @notice Two committed tokens and one that is not share a class's revenue; roots are honest, too heavy or too light, and shares
/// are renewed (R24).
contract ContributorLaws is Beside {
    struct Leaf {
        address account;
        uint64 weight;
    }

    struct Epoch {
        bytes32 root;
        uint64 totalWeight;
        Leaf[] leaves;
        uint256[2] accrued;
        uint256[2] claimed;
    }

    uint256 private constant MOST_RENEWALS = 4;

    IContributorRoots internal roots;
    uint256 internal classId;
    uint256[] internal shares;
    /// @dev Each committed token, and those that its share went on in.
    mapping(uint256 index => uint256[]) internal tokens;
    address[] internal vaults;
    address[] internal controllers;
    mapping(uint256 index => Epoch[]) internal epochs;
    mapping(uint256 index => uint256[2]) internal openEpoch;
    /// @dev What the token contract paid to the vault, or had coming for it when it was settled, and what others gave.
    mapping(uint256 index => uint256[2]) internal earned;
    mapping(uint256 index => uint256[2]) internal given;
    mapping(uint256 index => uint256[2]) internal settled;
    mapping(uint256 index => uint256[2]) internal paid;
    mapping(bytes32 leaf => uint256) internal paidTo;
    mapping(address account => uint256[2]) internal received;
    address internal elsewhere = makeAddr("elsewhere");
    uint256 internal exhausted;
    uint256 internal reRooted;

    function setUp() public override {
        super.setUp();
        roots = IContributorRoots(deployCode("ContributorRoots", abi.encode(address(token))));
        classId = createClass();
        mintShare(classId, issuer, 7);
        for (uint256 i = 0; i < 2; ++i) {
            address owner = makeAddr(string.concat("owner ", vm.toString(i)));
            uint256 share = mint(classId, owner, 0, 3 + i * 8, expiryOf(0));
            shares.push(share);
            tokens[i].push(share);
            controllers.push(owner);
            RootTerms memory terms = newRoot(i, 12_345 + i);
            vm.startPrank(owner);
            token.approve(address(roots), share);
            vaults.push(roots.commit(share, terms, new address[](0)));
            vm.stopPrank();
        }
    }

    function actions() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](12);
        list[0] = this.earn.selector;
        list[1] = this.donate.selector;
        list[2] = this.push.selector;
        list[3] = this.settle.selector;
        list[4] = this.setRoot.selector;
        list[5] = this.claim.selector;
        list[6] = this.claim.selector;
        list[7] = this.handOver.selector;
        list[8] = this.steal.selector;
        list[9] = this.settle.selector;
        list[10] = this.earn.selector;
        list[11] = this.renew.selector;
    }

    function earn(uint256 asset, uint256 amount) external {
        amount = 1 + amount % 1_000_000;
        if (asset % 2 == 0) settleETH(classId, amount);
        else settleUSD(classId, amount);
    }

    function donate(uint256 which, uint256 asset, uint256 amount) external {
        (which, asset, amount) = (which % 2, asset % 2, 1 + amount % 1000);
        give(assets[asset], vaults[which], amount);
        given[which][asset] += amount;
    }

    /// @notice Anyone has the token contract pay the owner, which is the vault (P11), for any token that the share was in.
    function push(uint256 which, uint256 asset, uint256 at) external {
        (which, asset) = (which % 2, asset % 2);
        uint256 tokenId = tokens[which][at % tokens[which].length];
        earned[which][asset] += core.pendingRevenue(tokenId, assets[asset]);
        vm.prank(stranger);
        core.claim(tokenId, assets[asset], payable(vaults[which]));
    }

    function renew(uint256 which) external {
        which %= 2;
        uint256 times = tokens[which].length;
        if (times > MOST_RENEWALS) return;
        vm.prank(issuer);
        token.offerShareRenewal(tokens[which][times - 1], expiryOf(times));
        vm.prank(stranger);
        tokens[which].push(roots.renewShare(shares[which], expiryOf(times)));
    }

    function settle(uint256 which, uint256 asset) external {
        (which, asset) = (which % 2, asset % 2);
        noteEarned(which, asset);
        roots.settle(shares[which], assets[asset]);
        noteSettled(which, asset);
    }

    function setRoot(uint256 which, uint256 seed, uint256 asset) external {
        which %= 2;
        if (controllers[which] == address(0) || epochs[which].length == 6) return;
        RootTerms memory terms = newRoot(which, seed);
        address[] memory now_ = new address[](asset % 2);
        if (asset % 2 == 1) {
            now_[0] = assets[asset / 2 % 2];
            noteEarned(which, asset / 2 % 2);
        }
        vm.prank(controllers[which]);
        assertEq(roots.setRoot(shares[which], terms, now_), epochs[which].length, "K5: epochs are counted");
        if (asset % 2 == 1) noteSettled(which, asset / 2 % 2);
        ++reRooted;
    }

    function claim(uint256 which, uint256 epoch, uint256 index, uint256 asset, uint256 way) external {
        (which, asset) = (which % 2, asset % 2);
        epoch %= epochs[which].length;
        Epoch storage e = epochs[which][epoch];
        index %= e.leaves.length;
        Contribution memory c = part(which, epoch, index, asset);
        bytes32[] memory path = Trees.pathOf(hashesOf(e), index);
        uint256 due = e.accrued[asset] * c.weight / e.totalWeight - paidTo[keyOf(which, epoch, index, asset)];
        if (due > e.accrued[asset] - e.claimed[asset]) {
            trespass(c.account, address(roots), abi.encodeCall(IContributorRoots.claim, (c, path, payable(c.account))));
            ++exhausted;
            return;
        }
        address to = way % 2 == 0 ? c.account : elsewhere;
        vm.prank(way % 2 == 0 ? stranger : c.account);
        assertEq(roots.claim(c, path, payable(to)), due, "K3: a claim pays what is due");
        paidTo[keyOf(which, epoch, index, asset)] += due;
        e.claimed[asset] += due;
        paid[which][asset] += due;
        received[to][asset] += due;
    }

    function handOver(uint256 which, uint256 way, uint256 who) external {
        which %= 2;
        address controller = controllers[which];
        if (controller == address(0)) return;
        if (way % 16 == 0) {
            vm.prank(controller);
            roots.renounceControl(shares[which]);
            controllers[which] = address(0);
            return;
        }
        vm.prank(controller);
        roots.transferControl(shares[which], aPerson(who));
        if (way % 2 == 0) return;
        vm.prank(aPerson(who));
        roots.acceptControl(shares[which]);
        controllers[which] = aPerson(who);
    }

    /// @notice A stranger takes others' parts, roots and tokens.
    function steal(uint256 which, uint256 epoch, uint256 index, uint256 asset) external {
        (which, asset) = (which % 2, asset % 2);
        epoch %= epochs[which].length;
        Epoch storage e = epochs[which][epoch];
        index %= e.leaves.length;
        Contribution memory c = part(which, epoch, index, asset);
        bytes32[] memory path = Trees.pathOf(hashesOf(e), index);
        address target = address(roots);
        trespass(stranger, target, abi.encodeCall(IContributorRoots.claim, (c, path, payable(stranger))));
        c.account = stranger;
        trespass(stranger, target, abi.encodeCall(IContributorRoots.claim, (c, path, payable(stranger))));
        (c.account, c.weight) = (e.leaves[index].account, c.weight + 1);
        trespass(stranger, target, abi.encodeCall(IContributorRoots.claim, (c, path, payable(c.account))));
        RootTerms memory own = RootTerms(bytes32(uint256(1)), 1, "");
        trespass(stranger, target, abi.encodeCall(IContributorRoots.setRoot, (shares[which], own, new address[](0))));
        trespass(stranger, target, abi.encodeCall(IContributorRoots.acceptControl, (shares[which])));
        trespass(stranger, address(token), abi.encodeCall(core.transferToken, (shares[which], stranger)));
        trespass(stranger, vaults[which], abi.encodeWithSignature("pay(address,address,uint256)", ETH, stranger, 1));
    }

    // Laws

    function checkK1AVaultHoldsWhatArrivedAndWasNotPaid() public view {
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                uint256 arrived = earned[i][asset] + given[i][asset];
                assertEq(held(assets[asset], vaults[i]) + paid[i][asset], arrived, "K1: arrived = paid + held");
            }
        }
    }

    function checkK2NoEpochPaysMoreThanItAccrued() public view {
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                uint256 sum;
                for (uint32 e = 0; e < epochs[i].length; ++e) {
                    (uint256 accrued, uint256 claimed) = roots.accruedOf(shares[i], e + 1, assets[asset]);
                    assertLe(claimed, accrued, "K2: claimed is of what accrued");
                    assertEq(accrued, epochs[i][e].accrued[asset], "K2: accrued in its epoch");
                    assertEq(claimed, epochs[i][e].claimed[asset], "K2: claimed in its epoch");
                    sum += accrued;
                }
                assertLe(sum, earned[i][asset] + given[i][asset], "K2: never more than the token accrued");
            }
        }
    }

    function checkK3ALeafIsPaidOnce() public view {
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 asset = 0; asset < 2; ++asset) {
                for (uint256 e = 0; e < epochs[i].length; ++e) {
                    Epoch storage epoch = epochs[i][e];
                    uint256 sum;
                    for (uint256 leaf = 0; leaf < epoch.leaves.length; ++leaf) {
                        uint256 to = paidTo[keyOf(i, e, leaf, asset)];
                        uint256 whole = epoch.accrued[asset] * epoch.leaves[leaf].weight / epoch.totalWeight;
                        assertLe(to, whole, "K3: at most its part");
                        assertEq(roots.claimableOf(part(i, e, leaf, asset)), whole - to, "K3: the rest is claimable");
                        sum += to;
                    }
                    assertEq(sum, epoch.claimed[asset], "K3: an epoch pays its leaves and nobody else");
                }
            }
        }
    }

    function checkK4CommittedTokensStayInTheirVaults() public view {
        for (uint256 i = 0; i < 2; ++i) {
            Commitment memory found = roots.commitmentOf(shares[i]);
            uint256[] memory all = tokens[i];
            for (uint256 j = 0; j < all.length; ++j) {
                assertEq(core.ownerOf(all[j]), vaults[i], "K4: the vault owns the token");
            }
            assertEq(roots.shareTokenOf(shares[i]), all[all.length - 1], "K4: the share is in the newest");
            assertEq(found.vault, vaults[i], "K4: one vault");
            assertEq(found.controller, controllers[i], "K4: control moves when it is accepted");
        }
    }

    function checkK5RootsStay() public view {
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(roots.commitmentOf(shares[i]).epoch, epochs[i].length, "K5: epochs are counted");
            for (uint32 e = 0; e < epochs[i].length; ++e) {
                (bytes32 root, uint64 totalWeight) = roots.rootOf(shares[i], e + 1);
                assertEq(root, epochs[i][e].root, "K5: root");
                assertEq(totalWeight, epochs[i][e].totalWeight, "K5: total weight");
            }
            for (uint256 asset = 0; asset < 2; ++asset) {
                assertEq(roots.openEpochOf(shares[i], assets[asset]), openEpoch[i][asset] + 1, "K5: open epoch");
            }
        }
    }

    function checkK6OnlyContributorsArePaid() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            uint256 sum;
            for (uint256 i = 0; i < people.length; ++i) {
                assertEq(held(assets[asset], people[i]), received[people[i]][asset], "K6: to the wei");
                sum += received[people[i]][asset];
            }
            sum += received[elsewhere][asset];
            assertEq(sum, paid[0][asset] + paid[1][asset], "K6: what left the vaults reached somebody");
            assertEq(held(assets[asset], stranger), 0, "K6: a stranger gains nothing");
            assertEq(held(assets[asset], address(roots)), 0, "K6: nothing is kept between");
        }
    }

    function checkAll() external view override {
        checkK1AVaultHoldsWhatArrivedAndWasNotPaid();
        checkK2NoEpochPaysMoreThanItAccrued();
        checkK3ALeafIsPaidOnce();
        checkK4CommittedTokensStayInTheirVaults();
        checkK5RootsStay();
        checkK6OnlyContributorsArePaid();
    }

    function checkEverythingHappened() external view override {
        for (uint256 asset = 0; asset < 2; ++asset) {
            assertGt(paid[0][asset], 0, "paid");
            assertGt(paid[1][asset], 0, "paid");
            assertGt(given[0][asset], 0, "given");
            assertEq(tokens[asset].length, 1 + MOST_RENEWALS, "renewed");
        }
        assertGt(exhausted, 0, "exhausted epochs");
        assertGt(reRooted, 0, "re-rooted");
        assertGt(trespasses, 0, "trespasses");
    }

    // Helpers

    function newRoot(uint256 which, uint256 seed) private returns (RootTerms memory terms) {
        Epoch storage e = epochs[which].push();
        uint256 count = 1 + seed % 4;
        uint64 sum;
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            e.leaves.push(Leaf(aPerson(seed / 1000), uint64(1 + seed % 1000)));
            sum += uint64(1 + seed % 1000);
        }
        // Nothing on chain says that the weights sum to the total.
        if (seed / 7 % 3 == 1) sum = 1 + sum / 2;
        else if (seed / 7 % 3 == 2) sum *= 2;
        (e.totalWeight, e.root) = (sum, Trees.rootOf(hashesOf(e)));
        return RootTerms(e.root, sum, "bafy-leaves");
    }

    function noteEarned(uint256 which, uint256 asset) private {
        for (uint256 i = 0; i < tokens[which].length; ++i) {
            earned[which][asset] += core.pendingRevenue(tokens[which][i], assets[asset]);
        }
    }

    /// @dev Far beyond any history.
    function expiryOf(uint256 times) private pure returns (uint64) {
        return uint64(START + (1000 + times) * 1 days);
    }

    function noteSettled(uint256 which, uint256 asset) private {
        uint256 arrived = earned[which][asset] + given[which][asset];
        epochs[which][openEpoch[which][asset]].accrued[asset] += arrived - settled[which][asset];
        settled[which][asset] = arrived;
        openEpoch[which][asset] = epochs[which].length - 1;
    }

    function hashesOf(Epoch storage e) private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](e.leaves.length);
        for (uint32 i = 0; i < hashes.length; ++i) {
            hashes[i] = Trees.contributorLeaf(i, e.leaves[i].account, e.leaves[i].weight);
        }
    }

    function part(uint256 which, uint256 epoch, uint256 index, uint256 asset)
        private
        view
        returns (Contribution memory)
    {
        Leaf storage leaf = epochs[which][epoch].leaves[index];
        return Contribution(shares[which], uint32(epoch + 1), assets[asset], uint32(index), leaf.account, leaf.weight);
    }

    function keyOf(uint256 which, uint256 epoch, uint256 index, uint256 asset) private pure returns (bytes32) {
        return keccak256(abi.encode(which, epoch, index, asset));
    }
}
