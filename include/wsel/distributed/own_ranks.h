// Torch-free.
#pragma once

namespace wsel::distributed {

// Starts `count` ranks on this machine, each this program with the arguments of
// main's `argv`, in a world of their own, and waits for them. A stop signal is
// passed on to all. Returns the exit code of the first that failed, and prints
// its error; 0 if none did. Errors: kIo if they cannot be started.
int RunOwnRanks(int count, const char* const* argv);

}  // namespace wsel::distributed
