// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A well-behaved asset with six decimals.
contract PlainAsset is ERC20 {
    constructor() ERC20("Plain", "PLN") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Keeps one percent of every transfer between accounts.
contract FeeAsset is ERC20 {
    constructor() ERC20("Fee", "FEE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : amount / 100;
        if (fee != 0) super._update(from, address(0), fee);
        super._update(from, to, amount - fee);
    }
}

/// @notice Refuses to pay to listed accounts.
contract BlacklistAsset is ERC20 {
    error Blacklisted(address account);

    mapping(address => bool) public blacklisted;

    constructor() ERC20("Blacklist", "BLK") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setBlacklisted(address account, bool listed) external {
        blacklisted[account] = listed;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blacklisted[to]) revert Blacklisted(to);
        super._update(from, to, amount);
    }
}

/// @notice Calls back whoever it was told to on every transfer, once, and keeps what came of it.
contract ReentrantAsset is ERC20 {
    address private _target;
    bytes private _data;
    bool public called;
    bool public succeeded;
    bytes public answer;

    constructor() ERC20("Reentrant", "RNT") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function arm(address target, bytes calldata data) external {
        (_target, _data, called) = (target, data, false);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        called = true;
        (succeeded, answer) = target.call(_data);
    }
}

/// @notice Balances and allowances without OpenZeppelin, for assets that break the return value.
abstract contract RawAsset {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function _approve(address spender, uint256 amount) internal {
        allowance[msg.sender][spender] = amount;
    }

    function _move(address from, address to, uint256 amount) internal {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function _spend(address from, uint256 amount) internal {
        allowance[from][msg.sender] -= amount;
    }
}

/// @notice Returns nothing, and insists that an allowance goes through zero, as USDT does.
contract NoReturnAsset is RawAsset {
    function approve(address spender, uint256 amount) external {
        require(amount == 0 || allowance[msg.sender][spender] == 0, "allowance not zero");
        _approve(spender, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _spend(from, amount);
        _move(from, to, amount);
    }
}

/// @notice Does nothing and says so by returning false; `setHonest` makes it work for a while.
contract FalseReturnAsset is RawAsset {
    bool public honest;

    function setHonest(bool honest_) external {
        honest = honest_;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        _approve(spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (honest) _move(msg.sender, to, amount);
        return honest;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (!honest) return false;
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }
}

/// @notice Takes from balances by itself, as a rebasing asset does.
contract ShrinkingAsset is ERC20 {
    constructor() ERC20("Shrinking", "SHR") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function shrink(address account, uint256 amount) external {
        _burn(account, amount);
    }
}

/// @notice Moves nothing while it is paused.
contract PausableAsset is ERC20 {
    error Paused();

    bool private _paused;

    constructor() ERC20("Pausable", "PAU") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setPaused(bool paused) external {
        _paused = paused;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_paused) revert Paused();
        super._update(from, to, amount);
    }
}
