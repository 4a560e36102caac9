// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EnumerableDAT} from "./EnumerableDAT.sol";

/// @notice Holds money for its owner.
contract Vault {
    using SafeERC20 for IERC20;

    address private immutable OWNER = msg.sender;

    function pay(address asset, address to, uint256 amount) external {
        require(msg.sender == OWNER, "not the owner");
        if (asset != address(0)) return IERC20(asset).safeTransfer(to, amount);
        (bool paid,) = to.call{value: amount}("");
        require(paid, "the recipient refuses");
    }

    receive() external payable {}
}

/// @title CuratedDAT: conforms to the draft behind a proxy, and keeps no money itself.
/// @notice Anyone publishes and mints; the curator alone changes what was published, and settles what gateways collect.
contract CuratedDAT is EnumerableDAT, Initializable {
    error NotCurator(address caller);

    address private _curator;
    Vault private _vault;

    constructor() {
        _disableInitializers();
    }

    function initialize(address curator) external initializer {
        (_curator, _vault) = (curator, new Vault());
    }

    function _requireEditor(uint256) internal view override {
        if (msg.sender != _curator) revert NotCurator(msg.sender);
    }

    function _requirePayer(uint256) internal view override {
        if (msg.sender != _curator) revert NotCurator(msg.sender);
    }

    function _treasury() internal view override returns (address) {
        return address(_vault);
    }

    function _keep(uint256 amount) internal override {
        (bool kept,) = address(_vault).call{value: amount}("");
        if (!kept) revert NotPaid(address(_vault), amount);
    }

    function _pay(address asset, address payable to, uint256 amount) internal override {
        _vault.pay(asset, to, amount);
    }
}

/// @notice CuratedDAT behind a proxy (ERC-1967), whose curator is whoever deploys it.
contract ProxiedDAT is ERC1967Proxy {
    constructor() ERC1967Proxy(address(new CuratedDAT()), abi.encodeCall(CuratedDAT.initialize, (msg.sender))) {}
}

/// @title PeopleDAT: conforms to the draft, takes no call of a contract, and sells nothing for less than a day.
contract PeopleDAT is ERC1967Proxy {
    constructor() ERC1967Proxy(address(new DailyDAT()), abi.encodeWithSignature("name()")) {}

    function _fallback() internal override {
        require(msg.sender == tx.origin, "people only");
        super._fallback();
    }
}

contract DailyDAT is EnumerableDAT {
    function _requireTerms(uint64 expireAt) internal view override {
        require(expireAt == 0 || expireAt >= block.timestamp + 1 days, "less than a day");
    }
}

/// @title MeteredDAT: follows the draft's advice against its own section 6.5: only operators record usage.
contract MeteredDAT is EnumerableDAT {
    function _requireMeter(uint256 tokenId) internal view override {
        if (isApprovedForClass(ownerOf(tokenId), classOf(tokenId), msg.sender)) return;
        revert Forbidden(tokenId, msg.sender);
    }

    function _requirePayer(uint256) internal view override {}
}

/// @title SoldDAT: mints by a function of its own, and never by the draft's.
contract SoldDAT is EnumerableDAT {
    function mint(uint256, address, uint256, uint256, uint64) external pure override returns (uint256) {
        revert("tokens are sold: use issue");
    }

    function issue(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        returns (uint256)
    {
        return _issue(classId, to, value, shareRatio, expireAt);
    }
}

/// @title PocketDAT: credits what it is sent, sends it on to somebody else, and pays claims from what others sent.
contract PocketDAT is EnumerableDAT {
    function _keep(uint256 amount) internal override {
        payable(address(0xdead)).transfer(amount);
    }

    receive() external payable {}
}

/// @title SilentDAT: takes what its publisher settles for no share, and says nothing.
contract SilentDAT is EnumerableDAT {
    function _requireShares(uint256) internal view override {}
}

/// @title ListedDAT: takes revenue in ETH and in the assets of a list.
contract ListedDAT is EnumerableDAT {
    mapping(address => bool) private _listed;

    function _requirePayer(uint256) internal view override {}

    function _requireAsset(address asset) internal view override {
        require(asset == address(0) || _listed[asset], "the asset is not listed");
    }
}
