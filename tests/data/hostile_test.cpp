// Sets whose files lie: each is the tiny set of tests/golden/data, with one
// thing made wrong.
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
#include "wsel/data/open.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(WSEL_SOURCE_DIR) / "tests/golden/data";

void Write(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

// A copy of a part of the tiny sets.
class Copy {
 public:
  explicit Copy(const std::string& part) {
    fs::copy(kFolder / part, root_ / part, fs::copy_options::recursive);
  }
  fs::path operator/(const std::string& name) const { return root_ / name; }

  void ExpectRefused(const std::string& name, ErrorKind kind,
                     const std::vector<std::string>& parts,
                     Split split = Split::kTrain) const {
    ExpectError([&] { OpenDataset(name, root_.path(), split); }, kind, parts);
  }

 private:
  TempFolder root_;
};

TEST(Hostile, ListsCannotLeaveTheSet) {
  const Copy pets("oxford-iiit-pet");
  const Copy food("food-101");
  const Copy dtd("dtd");
  for (const char* name : {"../../etc/passwd", "/etc/passwd"}) {
    Write(pets / "oxford-iiit-pet/annotations/trainval.txt",
          fmt::format("a_1 1 1 1\n{} 2 1 1\n", name));
    pets.ExpectRefused("pets", ErrorKind::kFormat, {"trainval.txt:2", name});
    Write(food / "food-101/meta/train.json",
          fmt::format(R"({{"pizza": ["pizza/1", "{}"]}})", name));
    food.ExpectRefused("food101", ErrorKind::kFormat,
                       {"train.json.pizza", name});
  }
  Write(dtd / "dtd/dtd/labels/val1.txt", "a/b.jpg\n../passwd.jpg\n");
  dtd.ExpectRefused("dtd", ErrorKind::kFormat, {"val1.txt:2", "../passwd"});
}

TEST(Hostile, ListsThatAreNoListsAreNamedByLine) {
  const Copy pets("oxford-iiit-pet");
  const auto refused = [&](const std::string& list, const std::string& part) {
    Write(pets / "oxford-iiit-pet/annotations/trainval.txt", list);
    pets.ExpectRefused("pets", ErrorKind::kFormat, {part});
  };
  refused("# a comment\na_1 1 1\n", "trainval.txt:2: is not of the form");
  refused("a_1 0 1 1\n", "is not of the form");
  refused("a_1 1 1 1 1\n", "is not of the form");
  refused("a_1 1 1 1\nb_1 1 1 1\n", "class 1 is A above");
  refused("", "has no pictures");

  const Copy food("food-101");
  const auto food_refused = [&](const std::string& json) {
    Write(food / "food-101/meta/train.json", json);
    food.ExpectRefused("food101", ErrorKind::kFormat, {"train.json"});
  };
  food_refused("[]");
  food_refused("{");
  food_refused(R"({"pizza": [1]})");
}

TEST(Hostile, TestClassesMustBeTrainingClasses) {
  const Copy pets("oxford-iiit-pet");
  Write(pets / "oxford-iiit-pet/annotations/test.txt", "big_cat_1 3 1 1\n");
  pets.ExpectRefused("pets", ErrorKind::kMismatch,
                     {"test.txt:1", "no class 3 (Big Cat)"}, Split::kTest);
  const Copy food("food-101");
  Write(food / "food-101/meta/test.json", R"({"soup": ["soup/1"]})");
  food.ExpectRefused("food101", ErrorKind::kMismatch, {"'soup'"}, Split::kTest);
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

TEST(Hostile, CifarBatchesThatAreCutOrNone) {
  const Copy cifar("cifar-10-batches-py");
  const fs::path batch = cifar / "cifar-10-batches-py/data_batch_3";
  const auto refused = [&](const std::string& content,
                           const std::string& part) {
    Write(batch, content);
    cifar.ExpectRefused("cifar10", ErrorKind::kFormat, {"data_batch_3", part});
  };
  const std::string good = ReadText(batch);
  refused(good.substr(0, good.size() / 2), "");
  refused(std::string("\x80\x02]q\x00.", 6), "no dictionary");
  refused(std::string("\x80\x02}q\x00.", 6), "no 'labels'");
  // The label 6 becomes 60, then a picture has no label.
  std::string changed = good;
  changed[changed.find("K\x06") + 1] = 60;
  refused(changed, "label 60 is none of 10");
  changed = good;
  changed.replace(changed.find("M\x00\x0C", 0, 3), 3, "M\x01\x0C");
  refused(changed, "shape [1, 3072]");
  refused(
      "\x80\x02"
      "cos\nsystem\nU\x04"
      "true\x85R.",
      "is an attack");

  fs::remove(batch);
  cifar.ExpectRefused("cifar10", ErrorKind::kIo, {"data_batch_3"});
}

TEST(Hostile, BinaryRecordsMustBeWhole) {
  const Copy stl("stl10_binary");
  const fs::path pixels = stl / "stl10_binary/train_X.bin";
  fs::resize_file(pixels, fs::file_size(pixels) - 1);
  stl.ExpectRefused("stl10", ErrorKind::kFormat, {"train_X.bin", "cut short"});
  fs::resize_file(pixels, 0);
  stl.ExpectRefused("stl10", ErrorKind::kFormat, {"0 pictures and 1 labels"});
  const Copy labels("stl10_binary");
  Write(labels / "stl10_binary/train_y.bin", std::string(1, '\0'));
  labels.ExpectRefused("stl10", ErrorKind::kFormat, {"label -1 is none"});
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

TEST(Hostile, MatlabFilesThatLie) {
  const TempFolder root;
  const auto refused = [&](const std::string& content,
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

  refused("", "no MATLAB 5 file");
  refused("\x89HDF", "no MATLAB 5 file");
  refused(MatHeader(), "has no variable 'X'");
  refused(MatHeader() + x, "has no variable 'y'");
  refused(MatHeader() + x + MatArray("y", {1, 1}, "\x0B"), "from 0 to 10");
  refused(MatHeader() + x + MatArray("y", {2, 1}, "\x01\x02"),
          "1 pictures and 2 labels");
  refused(MatHeader() + MatArray("X", {32, 32, 1, 3}, pixels),
          "no array of bytes of shape 32 x 32 x 3 x N");
  refused(MatHeader() + MatArray("X", {32, 32, 3, 0x7FFFFFFF}, pixels),
          "has 3072 bytes");
  refused(MatHeader() + x.substr(0, x.size() - 8), "cut short");
  refused(MatHeader() + x + Element(15, "no zlib"), "packed data is broken");
  // What it claims lies beyond the end of the file.
  std::string name = MatHeader() + x;
  const size_t size_of_name = name.find("X") - 4;
  name.replace(size_of_name, 4, "\xFF\xFF\xFF\x7F");
  refused(name, "has no variable 'X'");
  std::string big_endian = MatHeader() + x;
  big_endian.replace(126, 2, "MI");
  refused(big_endian, "little-endian");
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
    const size_t most = i % 4 < 2 ? changed.size() : 300;
    for (int n = 0; n < 1 + i % 5; ++n) {
      changed[random() % most] = static_cast<char>(random());
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
  const auto origins = [&](Split split, uint64_t seed) {
    const Dataset set =
        OpenDataset("eurosat", root.path(), split, {.split_seed = seed});
    std::vector<std::string> origins;
    for (int64_t i = 0; i < set.size(); ++i) {
      origins.push_back(set.origin(i));
      EXPECT_EQ(set.classes[set.labels[i]],
                origins.back().substr(0, origins.back().find('/')));
    }
    return origins;
  };
  const auto train = origins(Split::kTrain, 0);
  const auto test = origins(Split::kTest, 0);
  EXPECT_EQ(train.size(), 60U);
  EXPECT_EQ(test.size(), 20U);
  for (const std::string& name : test) {
    EXPECT_THAT(train, testing::Not(testing::Contains(name)));
  }
  EXPECT_EQ(train, origins(Split::kTrain, 0));
  EXPECT_NE(train, origins(Split::kTrain, 1));
}

}  // namespace
}  // namespace wsel::data
