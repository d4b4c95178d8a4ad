#include "wsel/run/event_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

// Made by scripts/golden/event_file.py with tensorboard, as hexadecimal.
std::string Golden(const std::string& key) {
  const std::string path =
      WSEL_SOURCE_DIR "/tests/golden/train/event_file.json";
  return ParseJson(ReadText(path), path, ErrorKind::kFormat)[key];
}

std::string HexOf(const std::filesystem::path& path) {
  std::string hex;
  for (const char c : ReadText(path)) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return hex;
}

std::string NameOfNew(const TempFolder& folder, double time) {
  return EventFile(folder.path(), time, std::nullopt).path().filename();
}

TEST(EventFile, HasTheBytesThatTensorBoardWrites) {
  const TempFolder folder;
  EventFile file(folder.path(), 1700000000.25, std::nullopt);
  file.Write(0, 1700000001.5,
             std::vector<Scalar>{{"train/loss", 4.625F}, {"train/lr", 0}});
  file.Write(300, 1700000002.5,
             std::vector<Scalar>{{"train/loss", -1e-3F}, {"train/lr", 4e-3F}});
  file.Write(int64_t{1} << 40, 1700000003.5,
             std::vector<Scalar>{{"eval/top1 \u00e9",
                                  std::numeric_limits<float>::quiet_NaN()}});
  EXPECT_EQ(HexOf(file.path()), Golden("begun"));
}

// The script checks that TensorBoard then discards later steps of older files.
TEST(EventFile, AResumedRunStartsASessionAtItsStep) {
  const TempFolder folder;
  EventFile file(folder.path(), 1700000100, 300);
  file.Write(300, 1700000101, std::vector<Scalar>{{"train/loss", 3.5F}});
  EXPECT_EQ(HexOf(file.path()), Golden("resumed"));
}

TEST(EventFile, SortsAfterOlderFilesWhateverTheClock) {
  const TempFolder folder;
  std::ofstream(folder / "metrics.jsonl") << "{}";
  EXPECT_EQ(NameOfNew(folder, 1700000000.9),
            "events.out.tfevents.1700000000.wsel");
  EXPECT_EQ(NameOfNew(folder, 1700000000.9),
            "events.out.tfevents.1700000001.wsel");
  EXPECT_EQ(NameOfNew(folder, 5), "events.out.tfevents.1700000002.wsel");
  EXPECT_EQ(NameOfNew(folder, 1800000000),
            "events.out.tfevents.1800000000.wsel");
  std::ofstream(folder / "events.out.tfevents.1900000000.host.17.0") << "";
  EXPECT_EQ(NameOfNew(folder, 1800000000),
            "events.out.tfevents.1900000001.wsel");
  // The largest number is ignored, since none could follow it.
  std::ofstream(folder / "events.out.tfevents.9999999999") << "";
  std::ofstream(folder / "events.out.tfevents.none") << "";
  EXPECT_EQ(NameOfNew(folder, 1800000000),
            "events.out.tfevents.1900000002.wsel");
}

TEST(EventFile, NeedsItsFolder) {
  const TempFolder folder;
  ExpectError([&] { EventFile(folder / "no", 1, std::nullopt); },
              ErrorKind::kIo, {"no/events.out", "No such file"});
}

}  // namespace
}  // namespace wsel::run
