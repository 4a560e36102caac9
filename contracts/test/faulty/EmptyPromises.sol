// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ClassTerms} from "../../src/interfaces/IDATClasses.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {PlainDAT} from "./PlainDAT.sol";

/// @title EmptyPromises: announces every extension, takes every call of one, and does nothing.
/// @notice What it binds a class to it forgets. No clause about an extension may pass here.
contract EmptyPromises is PlainDAT {
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId != 0xffffffff;
    }

    function createClassWithOptions(ClassTerms calldata terms, ClassOptions calldata) external returns (uint256) {
        return _create(terms.metadataURI, terms.integrityHash, terms.unitDecimals, terms.policyURI);
    }

    fallback() external payable {
        assembly {
            return(0x80, 0x140)
        }
    }
}
