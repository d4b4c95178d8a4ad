#include "wsel/data/picture_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "read_all.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/data/open.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPlenty = 1 << 30;

class PictureStore : public testing::Test {
 protected:
  PictureStore() {
    fs::copy(fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders", Root(),
             fs::copy_options::recursive);
  }
  fs::path Root() const { return temp_ / "set"; }
  Dataset Open() const {
    return OpenDataset("folder", Root().string(), Split::kTrain, {});
  }
  Dataset Stored() const {
    return StoredDecoded(Open(), temp_ / "cache", kPlenty);
  }
  // The one store that was made.
  fs::path File() const {
    for (const auto& entry : fs::directory_iterator(temp_ / "cache")) {
      if (entry.path().extension() == ".pictures") return entry.path();
    }
    return {};
  }

  TempFolder temp_;
};

TEST_F(PictureStore, HoldsWhatTheFilesShow) {
  const Dataset plain = Open();
  const Dataset stored = Stored();
  ASSERT_EQ(stored.size(), plain.size());
  for (int64_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(stored.picture(i), plain.picture(i)) << plain.origin(i);
  }
}

TEST_F(PictureStore, IsMadeOnceAndAnewWhereAFileChanged) {
  Stored();
  const auto made = fs::last_write_time(File());
  Stored();
  EXPECT_EQ(fs::last_write_time(File()), made);

  const Dataset set = Open();
  const fs::path first = File();
  for (const auto& entry : fs::recursive_directory_iterator(Root())) {
    if (entry.is_regular_file()) {
      WriteTextFile(entry.path(), ReadAll(entry.path()) + "x");
    }
  }
  fs::remove(first);
  Stored();
  EXPECT_NE(File(), first);
}

TEST_F(PictureStore, LeavesABrokenPictureToTheDecoder) {
  WriteTextFile(Root() / "train/b/2.jpg", "no picture");
  const Dataset stored = Stored();
  int broken = 0;
  for (int64_t i = 0; i < stored.size(); ++i) {
    try {
      stored.picture(i);
    } catch (const Error&) {
      ++broken;
    }
  }
  EXPECT_EQ(broken, 1);
}

TEST_F(PictureStore, StaysOutWhereItWouldBeTooLarge) {
  StoredDecoded(Open(), temp_ / "cache", 10);
  EXPECT_FALSE(fs::exists(temp_ / "cache"));
}

TEST_F(PictureStore, RefusesAStoreThatIsCutOrChanged) {
  Stored();
  const fs::path file = File();
  const std::string whole = ReadAll(file);
  const auto refused = [&](const std::string& content) {
    WriteTextFile(file, content);
    ExpectError([&] { Stored(); }, ErrorKind::kFormat,
                {file.filename().string(), "delete it"});
  };
  refused("");
  refused(whole.substr(0, whole.size() - 1));
  refused(whole.substr(1));
  std::string far = whole;
  far[whole.size() - 8 - 9] = '\x7f';  // the last picture's offset or size
  refused(far);
}

}  // namespace
}  // namespace wsel::data
