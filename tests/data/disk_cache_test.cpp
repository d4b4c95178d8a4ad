#include <gtest/gtest.h>

#include <filesystem>

#include "read_all.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/data/cache.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kUnlimited = 1 << 30;

class DiskCache : public testing::Test {
 protected:
  DiskCache() {
    fs::copy(fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders", Root(),
             fs::copy_options::recursive);
  }
  fs::path Root() const { return temp_ / "dataset"; }
  Dataset Open() const {
    return OpenDataset("folder", Root().string(), Split::kTrain, {});
  }
  Dataset Cached() const {
    return CachedOnDisk(Open(), temp_ / "cache", kUnlimited);
  }
  // The cache file.
  fs::path File() const {
    for (const auto& entry : fs::directory_iterator(temp_ / "cache")) {
      if (entry.path().extension() == ".images") return entry.path();
    }
    return {};
  }

  TempFolder temp_;
};

TEST_F(DiskCache, EqualsTheDecodedImages) {
  const Dataset plain = Open();
  const Dataset cached = Cached();
  ASSERT_EQ(cached.size(), plain.size());
  for (int64_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(cached.image(i), plain.image(i)) << plain.filename(i);
  }
}

// Of arrays that are read with five channels, and as those of three fail.
TEST_F(DiskCache, HasTheModelsChannels) {
  const fs::path arrays =
      fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/arrays";
  for (const char* split : {"train", "test"}) {
    const fs::path folder = temp_ / "five" / split / "a";
    fs::create_directories(folder);
    for (const char* name : {"five.npy", "five_first.npy"}) {
      fs::copy(arrays / name, folder / name);
    }
  }
  const auto open = [&](int64_t in_chans) {
    return OpenDataset("folder", temp_ / "five", Split::kTrain,
                       {.in_chans = in_chans});
  };
  const Dataset cached = CachedOnDisk(open(5), temp_ / "cache", kUnlimited);
  EXPECT_EQ(cached.image(1).channels(), 5);
  EXPECT_EQ(cached.image(1), open(5).image(1));
  const Dataset rgb = CachedOnDisk(open(3), temp_ / "cache", kUnlimited);
  ExpectError([&] { rgb.image(0); }, ErrorKind::kFormat,
              {"five.npy", "3 channels"});
}

TEST_F(DiskCache, IsWrittenOnceAndAgainIfAFileChanges) {
  Cached();
  const auto written = fs::last_write_time(File());
  Cached();
  EXPECT_EQ(fs::last_write_time(File()), written);

  const fs::path first = File();
  for (const auto& entry : fs::recursive_directory_iterator(Root())) {
    if (entry.is_regular_file()) {
      WriteTextFile(entry.path(), ReadAll(entry.path()) + "x");
    }
  }
  fs::remove(first);
  Cached();
  EXPECT_NE(File(), first);
}

// The extension of earlier versions.
TEST_F(DiskCache, UsesAnExistingPicturesFile) {
  Cached();
  const fs::path old = File().replace_extension(".pictures");
  fs::rename(File(), old);
  const Dataset cached = Cached();
  EXPECT_EQ(cached.image(0), Open().image(0));
  EXPECT_EQ(File(), fs::path());
  WriteTextFile(old, "");
  ExpectError([&] { Cached(); }, ErrorKind::kFormat, {".pictures"});
}

TEST_F(DiskCache, LeavesCorruptImagesToTheDecoder) {
  WriteTextFile(Root() / "train/b/2.jpg", "not an image");
  const Dataset cached = Cached();
  int corrupt = 0;
  for (int64_t i = 0; i < cached.size(); ++i) {
    try {
      cached.image(i);
    } catch (const Error&) {
      ++corrupt;
    }
  }
  EXPECT_EQ(corrupt, 1);
}

TEST_F(DiskCache, IsNotUsedIfTooLarge) {
  CachedOnDisk(Open(), temp_ / "cache", 10);
  EXPECT_FALSE(fs::exists(temp_ / "cache"));
}

TEST_F(DiskCache, RejectsTruncatedAndCorruptFiles) {
  Cached();
  const fs::path file = File();
  const std::string whole = ReadAll(file);
  const auto expect_error = [&](const std::string& content) {
    WriteTextFile(file, content);
    ExpectError([&] { Cached(); }, ErrorKind::kFormat,
                {file.filename().string(), "delete it"});
  };
  expect_error("");
  expect_error(whole.substr(0, whole.size() - 1));
  expect_error(whole.substr(1));
  std::string far = whole;
  far[whole.size() - 8 - 9] = '\x7f';  // the last image's offset or size
  expect_error(far);
}

}  // namespace
}  // namespace wsel::data
