// Torch-free.
#pragma once

#include <string>
#include <vector>

namespace wsel::distributed {

// Starts `count` ranks on this machine, each this program with arguments `args`
// (without the program's name) in a world of its own, and waits for them. A
// stop signal is passed on to all. Returns the exit code of the first that
// failed, whose error is printed; 0 if none did. Errors: kIo if they cannot be
// started.
int RunOwnRanks(int count, const std::vector<std::string>& args);

}  // namespace wsel::distributed
