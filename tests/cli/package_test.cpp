#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/run_wsel.h"

namespace wsel {
namespace {

using testing::HasSubstr;
using testing::Not;

// The installed programs need nothing from the build folder: wsel has no
// LibTorch, and that of wsel-torch is installed with it.
TEST(Package, TheInstalledProgramIsSelfContained) {
  const TempFolder folder;
  const std::string line = fmt::format(
      "cd '{0}' && cmake --install '{1}' --prefix there >log 2>&1 && "
      "there/bin/wsel --version >version && ldd there/bin/wsel >libraries && "
      "ldd there/libexec/wsel/wsel-torch >torch_libraries && "
      "there/bin/wsel analyze weights --student vit_tiny --output out >>log "
      "2>&1 && "
      "ls there/share/man/man1/wsel.1 there/share/wsel/configs/sweeps "
      "there/share/bash-completion/completions/wsel >>log",
      folder.path().string(),
      std::filesystem::path(WSEL_BINARY).parent_path().string());
  ASSERT_EQ(std::system(line.c_str()), 0) << ReadAll(folder / "log");
  EXPECT_THAT(ReadAll(folder / "version"), HasSubstr("LibTorch"));
  EXPECT_THAT(ReadAll(folder / "libraries"), Not(HasSubstr("torch")));
  EXPECT_THAT(ReadAll(folder / "torch_libraries"),
              HasSubstr("there/libexec/wsel/../../lib/wsel/libtorch_cpu.so"));
}

}  // namespace
}  // namespace wsel
