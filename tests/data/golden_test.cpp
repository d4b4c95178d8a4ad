#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "wsel/core/json_object.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(WSEL_SOURCE_DIR) / "tests/golden/data";

std::string Digest(const image::Image& image) {
  return Sha256Hex(std::as_bytes(image.bytes())).substr(0, 16);
}

// The tiny data sets of scripts/golden/datasets.py, compared to torchvision.
TEST(Dataset, AllEqualTorchvision) {
  const fs::path path = kFolder / "datasets.json";
  const auto golden =
      ParseJson(ReadText(path), path.string(), ErrorKind::kFormat);
  ASSERT_EQ(golden["rows"].size(), 19U);
  for (const auto& row : golden["rows"]) {
    const std::string name = row["name"];
    SCOPED_TRACE(name + " " + row["split"].get<std::string>());
    const Split split = row["split"] == "train" ? Split::kTrain : Split::kTest;
    const Dataset set =
        OpenDataset(name, kFolder / row["root"].get<std::string>(), split);
    EXPECT_EQ(set.classes, row["classes"].get<std::vector<std::string>>());
    EXPECT_EQ(set.labels, row["labels"].get<std::vector<int32_t>>());
    ASSERT_EQ(static_cast<size_t>(set.size()), row["pixels"].size());
    for (int64_t i = 0; i < set.size(); ++i) {
      EXPECT_EQ(Digest(set.image(i)), row["pixels"][i]) << set.filename(i);
    }
  }
}

TEST(Dataset, TheInnerFolderIsAlsoAccepted) {
  for (const auto& [name, folder] :
       std::vector<std::pair<std::string, std::string>>{
           {"cifar10", "cifar-10-batches-py"},
           {"cifar100", "cifar-100-python"},
           {"stl10", "stl10_binary"},
           {"flowers102", "flowers-102"},
           {"pets", "oxford-iiit-pet"},
           {"food101", "food-101"},
           {"dtd", "dtd"},
           {"dtd", "dtd/dtd"},
           {"fashion_mnist", "FashionMNIST/raw"}}) {
    const Dataset outer = OpenDataset(name, kFolder, Split::kTrain);
    const Dataset inner = OpenDataset(name, kFolder / folder, Split::kTrain);
    EXPECT_EQ(inner.labels, outer.labels) << folder;
    EXPECT_EQ(inner.image(0), outer.image(0)) << folder;
  }
}

// The test batch in other forms, made by scripts/golden/cifar_pickles.py.
TEST(Cifar, PicklesOfEveryProtocolAreEqual) {
  const Dataset expected = OpenDataset("cifar10", kFolder, Split::kTest);
  const TempFolder root;
  const fs::path folder = root / "cifar-10-batches-py";
  fs::create_directory(folder);
  fs::copy(kFolder / "cifar-10-batches-py/batches.meta", folder);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(kFolder / "pickles")) {
    if (entry.path().extension() == ".json") continue;
    SCOPED_TRACE(entry.path().filename());
    ++files;
    fs::copy_file(entry.path(), folder / "test_batch",
                  fs::copy_options::overwrite_existing);
    const Dataset set = OpenDataset("cifar10", root.path(), Split::kTest);
    for (int64_t i = 0; i < set.size(); ++i) {  // some hold it twice
      EXPECT_EQ(set.labels[static_cast<size_t>(i)], expected.labels[0]);
      EXPECT_EQ(set.image(i), expected.image(0));
    }
  }
  EXPECT_EQ(files, 23);
}

// Writes a data set in CIFAR's binary format: labels, then three planes.
void WriteBinary(const Dataset& set, const fs::path& file,
                 const std::string& before_label) {
  std::ofstream out(file, std::ios::binary);
  for (int64_t i = 0; i < set.size(); ++i) {
    out << before_label << static_cast<char>(set.labels[i]);
    const image::Image image = set.image(i);
    for (int channel = 0; channel < 3; ++channel) {
      for (size_t p = 0; p < 1024; ++p) {
        out << static_cast<char>(image.bytes()[3 * p + channel]);
      }
    }
  }
}

void WriteClasses(const Dataset& set, const fs::path& file) {
  std::ofstream out(file);
  for (const std::string& name : set.classes) out << name << "\n";
  out << "\n";  // as the official file ends
}

TEST(Cifar, BinaryFilesEqualPickles) {
  const TempFolder root;
  const auto expect_equal = [&](const std::string& name,
                                const Dataset& pickled) {
    const Dataset binary = OpenDataset(name, root.path(), Split::kTest);
    EXPECT_EQ(binary.classes, pickled.classes);
    EXPECT_EQ(binary.labels, pickled.labels);
    for (int64_t i = 0; i < pickled.size(); ++i) {
      EXPECT_EQ(binary.image(i), pickled.image(i));
    }
  };
  const Dataset ten = OpenDataset("cifar10", kFolder, Split::kTest);
  fs::create_directory(root / "cifar-10-batches-bin");
  WriteBinary(ten, root / "cifar-10-batches-bin/test_batch.bin", "");
  WriteClasses(ten, root / "cifar-10-batches-bin/batches.meta.txt");
  expect_equal("cifar10", ten);

  const Dataset hundred = OpenDataset("cifar100", kFolder, Split::kTest);
  fs::create_directory(root / "cifar-100-binary");
  WriteBinary(hundred, root / "cifar-100-binary/test.bin", "\x11");
  WriteClasses(hundred, root / "cifar-100-binary/fine_label_names.txt");
  expect_equal("cifar100", hundred);
}

}  // namespace
}  // namespace wsel::data
