// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Holds tokens and takes part in calls for the conformance kit. Accepts ETH and tokens, refuses ETH when told
/// to, and when armed calls back once on the first ETH it receives. Tells what a call answered and did to the ETH of the
/// called: nobody else's transaction comes between.
contract HolderProbe {
    bool public rejects;
    address private _target;
    bytes private _data;
    bool public called;
    bool public succeeded;

    event Acted(bytes answer, uint256 heldBefore, uint256 heldAfter);

    function act(address target, bytes calldata data)
        external
        payable
        returns (bytes memory answer, uint256 heldBefore, uint256 heldAfter)
    {
        bool done;
        heldBefore = target.balance;
        (done, answer) = target.call{value: msg.value}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        heldAfter = target.balance;
        emit Acted(answer, heldBefore, heldAfter);
    }

    function setRejects(bool rejects_) external {
        rejects = rejects_;
    }

    function arm(address target, bytes calldata data) external {
        (_target, _data, called, succeeded) = (target, data, false, false);
    }

    receive() external payable {
        require(!rejects, "refuses ETH");
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        called = true;
        (succeeded,) = target.call(_data);
    }

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC1155Received.selector;
    }
}

/// @notice A contract that knows no token standard: a safe transfer to it must fail.
contract MuteProbe {
    uint256 public constant VERSION = 1;
}

/// @notice An ERC-20 that anyone may mint, and that behaves well or badly by its mode.
contract AssetProbe {
    uint8 private constant FEE = 1; // keeps 1 % of every transfer
    uint8 private constant NO_RETURN = 2; // moves and returns nothing
    uint8 private constant FALSE_RETURN = 3; // moves nothing and returns false
    uint8 private constant REENTRANT = 4; // calls what it was armed with, once, before it moves
    uint8 private constant BLOCKING = 5; // reverts for recipients that are blocked

    string public constant name = "Conformance probe";
    string public constant symbol = "PROBE";
    uint8 public constant decimals = 6;
    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address account => bool) public blocked;
    uint8 public mode;
    address private _target;
    bytes private _data;
    bool public called;
    bool public succeeded;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// @notice Gives plenty to each holder, and lets the spender take all of it.
    constructor(uint8 mode_, address[] memory holders, address spender) {
        mode = mode_;
        for (uint256 i = 0; i < holders.length; ++i) {
            mint(holders[i], 10 ** 30);
            allow(holders[i], spender, type(uint256).max);
        }
    }

    function setMode(uint8 mode_) external {
        mode = mode_;
    }

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function arm(address target, bytes calldata data) external {
        (_target, _data, called, succeeded) = (target, data, false, false);
    }

    function mint(address to, uint256 amount) public {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    /// @notice Anyone may set any allowance: this asset is worth nothing.
    function allow(address owner, address spender, uint256 amount) public {
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return _answer(true);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _answer(_move(msg.sender, to, amount));
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (mode != FALSE_RETURN) allowance[from][msg.sender] -= amount;
        return _answer(_move(from, to, amount));
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (mode == FALSE_RETURN) return false;
        if (mode == BLOCKING) require(!blocked[to], "recipient is blocked");
        if (mode == REENTRANT && _target != address(0)) {
            address target = _target;
            _target = address(0);
            called = true;
            (succeeded,) = target.call(_data);
        }
        balanceOf[from] -= amount;
        uint256 arrives = mode == FEE ? amount - amount / 100 : amount;
        totalSupply -= amount - arrives;
        balanceOf[to] += arrives;
        emit Transfer(from, to, arrives);
        return true;
    }

    function _answer(bool done) private view returns (bool) {
        if (mode == NO_RETURN) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return done;
    }
}

/// @notice Takes any lock: answers whatever it is asked with a hash of the question.
contract LockProbe {
    fallback() external {
        bytes32 answer = keccak256(msg.data);
        assembly ("memory-safe") {
            mstore(0, answer)
            return(0, 0x20)
        }
    }
}
