// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Acts on behalf of a test and takes no ETH.
contract EthRejecter {
    function act(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool done, bytes memory answer) = target.call{value: msg.value}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }
}

/// @notice Acts on behalf of a test; on the first ETH it receives it calls what it was armed with.
contract EthReenterer {
    address private _target;
    bytes private _data;
    bool public called;
    bool public succeeded;
    bytes public answer;

    function arm(address target, bytes calldata data) external {
        (_target, _data, called) = (target, data, false);
    }

    function act(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool done, bytes memory result) = target.call{value: msg.value}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }

    receive() external payable {
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        called = true;
        (succeeded, answer) = target.call(_data);
    }
}

/// @notice Burns all the gas that comes with ETH.
contract GasBurner {
    receive() external payable {
        while (true) {}
    }
}

/// @notice Takes a token and calls what it was armed with from the hook.
contract TokenReceiver {
    address private _target;
    bytes private _data;
    bool public called;
    bytes public answer;

    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        called = true;
        (, answer) = _target.call(_data);
        return this.onERC721Received.selector;
    }
}
