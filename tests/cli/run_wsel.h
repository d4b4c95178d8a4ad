// Torch-free.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "read_all.h"
#include "temp_folder.h"

namespace wsel {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs the built program in `folder`, as a user's shell would.
inline Outcome RunWsel(const TempFolder& folder,
                       const std::vector<std::string>& args) {
  std::string line =
      fmt::format("cd '{}' && '{}'", folder.path().string(), WSEL_BINARY);
  for (const std::string& arg : args) line += fmt::format(" '{}'", arg);
  line += " >.stdout 2>.stderr </dev/null";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          ReadAll(folder / ".stdout"), ReadAll(folder / ".stderr")};
}

}  // namespace wsel
