/**
 * What the differential test puts on its chain beside the contracts. The stage lets actors make many calls in one
 * transaction and tells of each how it ended; actors are the callers; assets are ERC-20s with a fee and with bad moods.
 */
export const stageSource = `
pragma solidity 0.8.34;

contract Stage {
  struct Step { address actor; address target; uint256 value; bytes data; }
  struct Look { address target; bytes data; }
  event Ended(bool ok, bytes answer);

  function run(Step[] calldata steps) external {
    for (uint256 i; i < steps.length; ++i) {
      (bool ok, bytes memory answer) = Actor(payable(steps[i].actor)).act(steps[i].target, steps[i].value, steps[i].data);
      emit Ended(ok, answer);
    }
  }

  function look(Look[] calldata looks) external view returns (bytes[] memory answers) {
    answers = new bytes[](looks.length);
    for (uint256 i; i < looks.length; ++i) {
      if (looks[i].data.length == 0) answers[i] = abi.encode(looks[i].target.balance);
      else (, answers[i]) = looks[i].target.staticcall(looks[i].data);
    }
  }
}

contract Actor {
  struct Armed { address target; bytes data; }
  event Answered(bool ok, bytes answer);

  bool private rejectsEth;
  bool private rejectsTokens;
  Armed private armed;

  function act(address target, uint256 value, bytes calldata data) external returns (bool ok, bytes memory answer) {
    (ok, answer) = target.call{value: value}(data);
  }

  function setRejects(bool ofEth, bool ofTokens) external { (rejectsEth, rejectsTokens) = (ofEth, ofTokens); }

  function arm(address target, bytes calldata data) external { armed = Armed(target, data); }

  receive() external payable {
    require(!rejectsEth);
    react();
  }

  function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
    react();
    return rejectsTokens ? bytes4(0) : this.onERC721Received.selector;
  }

  struct LockRequest { address holder; uint256 tokenId; uint64 units; uint64 expireAt; bool policyHashed; }

  function onLock(LockRequest calldata, bytes calldata data) external returns (bytes32) {
    react();
    return bytes32(data);
  }

  function called() external { react(); }

  function react() private {
    Armed memory call = armed;
    if (call.target == address(0)) return;
    delete armed;
    (bool ok, bytes memory answer) = call.target.call(call.data);
    emit Answered(ok, ok ? bytes("") : answer);
  }
}

contract Asset {
  error AssetBalance(address account, uint256 balance, uint256 needed);
  error AssetAllowance(address spender, uint256 allowance, uint256 needed);
  error AssetRefused(address account);
  enum Mode { Moves, False, Reverts }

  uint256 private immutable feeBps;
  mapping(address => uint256) public balanceOf;
  mapping(address => mapping(address => uint256)) public allowance;
  mapping(address => Mode) private modes;
  address private hook;

  constructor(uint256 feeBps_) { feeBps = feeBps_; }

  function setMode(address account, Mode mode) external { modes[account] = mode; }

  function setHook(address actor) external { hook = actor; }

  function mint(address to, uint256 amount) external { balanceOf[to] += amount; }

  function approve(address spender, uint256 amount) external { allowance[msg.sender][spender] = amount; }

  function transfer(address to, uint256 amount) external returns (bool) {
    return willing(msg.sender) && willing(to) && move(msg.sender, to, amount);
  }

  function transferFrom(address from, address to, uint256 amount) external returns (bool) {
    if (!willing(from) || !willing(to)) return false;
    uint256 allowed = allowance[from][msg.sender];
    if (allowed < amount) revert AssetAllowance(msg.sender, allowed, amount);
    allowance[from][msg.sender] = allowed - amount;
    bool done = move(from, to, amount);
    if (hook != address(0)) Actor(payable(hook)).called();
    return done;
  }

  function willing(address account) private view returns (bool) {
    if (modes[account] == Mode.Reverts) revert AssetRefused(account);
    return modes[account] == Mode.Moves;
  }

  function move(address from, address to, uint256 amount) private returns (bool) {
    uint256 balance = balanceOf[from];
    if (balance < amount) revert AssetBalance(from, balance, amount);
    balanceOf[from] = balance - amount;
    balanceOf[to] += amount - amount * feeBps / 10_000;
    return true;
  }
}
`;
