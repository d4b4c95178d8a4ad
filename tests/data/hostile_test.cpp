// Invalid and malicious files: copies of the tiny data sets of
// tests/golden/data, each with one fault.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/text_file.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(WSEL_SOURCE_DIR) / "tests/golden/data";

void Write(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

// A copy of one of the tiny data sets.
class Copy {
 public:
  explicit Copy(const std::string& part) {
    fs::copy(kFolder / part, root_ / part, fs::copy_options::recursive);
  }
  fs::path operator/(const std::string& name) const { return root_ / name; }

  void ExpectRejected(const std::string& name, ErrorKind kind,
                      const std::vector<std::string>& parts,
                      Split split = Split::kTrain) const {
    ExpectError([&] { OpenDataset(name, root_.path(), split); }, kind, parts);
  }

 private:
  TempFolder root_;
};

TEST(Hostile, ListsCannotLeaveTheFolder) {
  const Copy pets("oxford-iiit-pet");
  const Copy food("food-101");
  const Copy dtd("dtd");
  for (const char* name : {"../../etc/passwd", "/etc/passwd"}) {
    Write(pets / "oxford-iiit-pet/annotations/trainval.txt",
          fmt::format("a_1 1 1 1\n{} 2 1 1\n", name));
    pets.ExpectRejected("pets", ErrorKind::kFormat, {"trainval.txt:2", name});
    Write(food / "food-101/meta/train.json",
          fmt::format(R"({{"pizza": ["pizza/1", "{}"]}})", name));
    food.ExpectRejected("food101", ErrorKind::kFormat,
                        {"train.json.pizza", name});
  }
  Write(dtd / "dtd/dtd/labels/val1.txt", "a/b.jpg\n../passwd.jpg\n");
  dtd.ExpectRejected("dtd", ErrorKind::kFormat, {"val1.txt:2", "../passwd"});
}

TEST(Hostile, MalformedListsAreReportedByLine) {
  const Copy pets("oxford-iiit-pet");
  const auto expect_error = [&](const std::string& list,
                                const std::string& part) {
    Write(pets / "oxford-iiit-pet/annotations/trainval.txt", list);
    pets.ExpectRejected("pets", ErrorKind::kFormat, {part});
  };
  expect_error("# a comment\na_1 1 1\n",
               "trainval.txt:2: expected 'name class");
  expect_error("a_1 0 1 1\n", "expected 'name class-id");
  expect_error("a_1 1 1 1 1\n", "expected 'name class-id");
  expect_error("a_1 1 1 1\nb_1 1 1 1\n", "class 1 is called A above");
  expect_error("", "has no images");

  const Copy food("food-101");
  const auto expect_food_error = [&](const std::string& json) {
    Write(food / "food-101/meta/train.json", json);
    food.ExpectRejected("food101", ErrorKind::kFormat, {"train.json"});
  };
  expect_food_error("[]");
  expect_food_error("{");
  expect_food_error(R"({"pizza": [1]})");
}

TEST(Hostile, TestClassesMustBeTrainingClasses) {
  const Copy pets("oxford-iiit-pet");
  Write(pets / "oxford-iiit-pet/annotations/test.txt", "big_cat_1 3 1 1\n");
  pets.ExpectRejected("pets", ErrorKind::kMismatch,
                      {"test.txt:1", "no class 3 (Big Cat)"}, Split::kTest);
  const Copy food("food-101");
  Write(food / "food-101/meta/test.json", R"({"soup": ["soup/1"]})");
  food.ExpectRejected("food101", ErrorKind::kMismatch, {"'soup'"},
                      Split::kTest);
}

TEST(Pets, IdsNeedNotBeContiguous) {
  const Copy pets("oxford-iiit-pet");
  Write(pets / "oxford-iiit-pet/annotations/trainval.txt",
        "saint_bernard_1 30 2 1\nBirman_2 7 1 1\n");
  const Dataset set =
      OpenDataset("pets", pets / "oxford-iiit-pet", Split::kTrain);
  EXPECT_THAT(set.classes, testing::ElementsAre("Birman", "Saint Bernard"));
  EXPECT_THAT(set.labels, testing::ElementsAre(1, 0));
}

TEST(Hostile, CorruptAndMissingCifarBatches) {
  const Copy cifar("cifar-10-batches-py");
  const fs::path batch = cifar / "cifar-10-batches-py/data_batch_3";
  const auto expect_error = [&](const std::string& content,
                                const std::string& part) {
    Write(batch, content);
    cifar.ExpectRejected("cifar10", ErrorKind::kFormat, {"data_batch_3", part});
  };
  const std::string good = ReadText(batch);
  expect_error(good.substr(0, good.size() / 2), "");
  expect_error(std::string("\x80\x02]q\x00.", 6), "not of a dictionary");
  expect_error(std::string("\x80\x02}q\x00.", 6), "no 'labels'");
  // The label 6 becomes 60; then there are more images than labels.
  std::string changed = good;
  changed[changed.find("K\x06") + 1] = 60;
  expect_error(changed, "label 60 is out of range for 10");
  changed = good;
  changed.replace(changed.find("M\x00\x0C", 0, 3), 3, "M\x01\x0C");
  expect_error(changed, "shape [1, 3072]");
  expect_error(
      "\x80\x02"
      "cos\nsystem\nU\x04"
      "true\x85R.",
      "is malicious");

  fs::remove(batch);
  cifar.ExpectRejected("cifar10", ErrorKind::kIo, {"data_batch_3"});
}

TEST(Hostile, BinaryRecordsMustBeComplete) {
  const Copy stl("stl10_binary");
  const fs::path pixels = stl / "stl10_binary/train_X.bin";
  fs::resize_file(pixels, fs::file_size(pixels) - 1);
  stl.ExpectRejected("stl10", ErrorKind::kFormat, {"train_X.bin", "truncated"});
  fs::resize_file(pixels, 0);
  stl.ExpectRejected("stl10", ErrorKind::kFormat, {"0 images and 1 labels"});
  const Copy labels("stl10_binary");
  Write(labels / "stl10_binary/train_y.bin", std::string(1, '\0'));
  labels.ExpectRejected("stl10", ErrorKind::kFormat,
                        {"label -1 is out of range"});
}

// A MATLAB 5 element: type, size, content padded to 8 bytes.
std::string Element(uint32_t type, const std::string& content) {
  const auto size = static_cast<uint32_t>(content.size());
  std::string element(reinterpret_cast<const char*>(&type), 4);
  element.append(reinterpret_cast<const char*>(&size), 4);
  element += content;
  element.resize((element.size() + 7) / 8 * 8);
  return element;
}

std::string Integers(const std::vector<uint32_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), 4 * values.size()};
}

std::string MatHeader() {
  std::string header = "MATLAB 5.0 MAT-file";
  header.resize(124, ' ');
  return header + std::string("\x00\x01IM", 4);
}

// An array of bytes that claims `shape`.
std::string MatArray(const std::string& name,
                     const std::vector<uint32_t>& shape,
                     const std::string& bytes) {
  constexpr uint32_t kUint8Class = 9;
  return Element(14, Element(6, Integers({kUint8Class, 0})) +
                         Element(5, Integers(shape)) + Element(1, name) +
                         Element(2, bytes));
}

TEST(Hostile, CorruptMatlabFiles) {
  const TempFolder root;
  const auto expect_error = [&](const std::string& content,
                                const std::string& part) {
    Write(root / "train_32x32.mat", content);
    ExpectError([&] { OpenDataset("svhn", root.path(), Split::kTrain); },
                ErrorKind::kFormat, {part});
  };
  const std::string pixels(3072, '\x07');
  const std::string x = MatArray("X", {32, 32, 3, 1}, pixels);
  Write(root / "train_32x32.mat",
        MatHeader() + x + MatArray("y", {1, 1}, "\x0A"));
  EXPECT_EQ(OpenDataset("svhn", root.path(), Split::kTrain).labels,
            std::vector<int32_t>{0});

  expect_error("", "not a little-endian MATLAB 5 file");
  expect_error("\x89HDF", "not a little-endian MATLAB 5 file");
  expect_error(MatHeader(), "has no variable 'X'");
  expect_error(MatHeader() + x, "has no variable 'y'");
  expect_error(MatHeader() + x + MatArray("y", {1, 1}, "\x0B"), "from 0 to 10");
  expect_error(MatHeader() + x + MatArray("y", {2, 1}, "\x01\x02"),
               "1 images and 2 labels");
  expect_error(MatHeader() + MatArray("X", {32, 32, 1, 3}, pixels),
               "not an array of bytes of shape 32 x 32 x 3 x N");
  expect_error(MatHeader() + MatArray("X", {32, 32, 3, 0x7FFFFFFF}, pixels),
               "has 3072 bytes");
  expect_error(MatHeader() + x.substr(0, x.size() - 8), "truncated");
  expect_error(MatHeader() + x + Element(15, "no zlib"),
               "compressed data is corrupt");
  // The claimed size exceeds the file.
  std::string name = MatHeader() + x;
  const size_t size_of_name = name.find('X') - 4;
  name.replace(size_of_name, 4, "\xFF\xFF\xFF\x7F");
  expect_error(name, "has no variable 'X'");
  std::string big_endian = MatHeader() + x;
  big_endian.replace(126, 2, "MI");
  expect_error(big_endian, "little-endian");
}

TEST(Hostile, ChangedMatlabFilesNeverCrash) {
  const std::string good = ReadText(kFolder / "train_32x32.mat");
  const std::string plain =
      MatHeader() + MatArray("X", {32, 32, 3, 1}, std::string(3072, 'x')) +
      MatArray("y", {1, 1}, "\x0A");
  const TempFolder root;
  std::mt19937 random(1);
  for (int i = 0; i < 400; ++i) {
    std::string changed = i % 2 == 0 ? good : plain;
    const size_t end = i % 4 < 2 ? changed.size() : 300;
    for (int n = 0; n < 1 + i % 5; ++n) {
      changed[random() % end] = static_cast<char>(random());
    }
    if (i % 7 == 0) changed.resize(random() % changed.size());
    Write(root / "train_32x32.mat", changed);
    try {
      OpenDataset("svhn", root.path(), Split::kTrain);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kFormat) << e.what();
    }
  }
}

TEST(EuroSat, SplitIsSeededAndDisjoint) {
  const TempFolder root;
  for (const char* name : {"AnnualCrop", "River"}) {
    for (int i = 0; i < 50; ++i) {
      Write(root / fmt::format("eurosat/2750/{0}/{0}_{1}.jpg", name, i), "x");
    }
  }
  const auto filenames = [&](Split split, uint64_t seed) {
    const Dataset set =
        OpenDataset("eurosat", root.path(), split, {.split_seed = seed});
    std::vector<std::string> names;
    for (int64_t i = 0; i < set.size(); ++i) {
      names.push_back(set.filename(i));
      EXPECT_EQ(set.classes[set.labels[i]],
                names.back().substr(0, names.back().find('/')));
    }
    return names;
  };
  const auto train = filenames(Split::kTrain, 0);
  const auto test = filenames(Split::kTest, 0);
  EXPECT_EQ(train.size(), 60U);
  EXPECT_EQ(test.size(), 20U);
  for (const std::string& name : test) {
    EXPECT_THAT(train, testing::Not(testing::Contains(name)));
  }
  EXPECT_EQ(train, filenames(Split::kTrain, 0));
  EXPECT_NE(train, filenames(Split::kTrain, 1));
}

}  // namespace
}  // namespace wsel::data
