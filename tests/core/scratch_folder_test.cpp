#include "wsel/core/scratch_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <string>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

// Sets TMPDIR until it ends.
class TmpDir {
 public:
  explicit TmpDir(const std::string& value) {
    if (const char* before = getenv("TMPDIR")) before_ = before;
    setenv("TMPDIR", value.c_str(), 1);
  }
  ~TmpDir() {
    if (before_) {
      setenv("TMPDIR", before_->c_str(), 1);
    } else {
      unsetenv("TMPDIR");
    }
  }
  TmpDir(const TmpDir&) = delete;
  TmpDir& operator=(const TmpDir&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST(ScratchFolder, IsInTmpdirAndRemovedWithItsFiles) {
  const TempFolder outer;
  const TmpDir tmpdir(outer.path().string());
  std::filesystem::path file;
  {
    const ScratchFolder folder;
    file = folder / "pixels.bin";
    WriteTextFile(file, "0");
    EXPECT_TRUE(std::filesystem::exists(file));
    EXPECT_EQ(file.parent_path().parent_path(), outer.path());
  }
  EXPECT_TRUE(std::filesystem::is_empty(outer.path()));
}

TEST(ScratchFolder, TmpdirThatIsMissingIsAnError) {
  const TempFolder outer;
  const TmpDir tmpdir((outer / "missing").string());
  ExpectError([] { ScratchFolder(); }, ErrorKind::kIo,
              {"TMPDIR", "is not a folder"});
}

}  // namespace
}  // namespace wsel
