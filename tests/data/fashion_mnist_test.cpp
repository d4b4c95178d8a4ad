#include <gmock/gmock.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

// An IDX file that claims `count` images of `size` and holds `bytes`.
std::string Images(uint8_t count, uint8_t size, size_t bytes) {
  std::string idx = {0, 0, 8, 3, 0, 0, 0, static_cast<char>(count)};
  for (int d = 0; d < 2; ++d) {
    idx += {0, 0, 0, static_cast<char>(size)};
  }
  for (size_t i = 0; i < bytes; ++i) idx += static_cast<char>(i % 251);
  return idx;
}

std::string Labels(const std::string& labels) {
  return std::string({0, 0, 8, 1, 0, 0, 0, static_cast<char>(labels.size())}) +
         labels;
}

void Write(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

void WriteGzip(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
}

constexpr const char* kImages = "train-images-idx3-ubyte";
constexpr const char* kLabels = "train-labels-idx1-ubyte";

Dataset Open(const fs::path& root) {
  return OpenDataset("fashion_mnist", root, Split::kTrain);
}

TEST(FashionMnist, ReadsTorchvisionsAndDebiansLayout) {
  const TempFolder root;
  Write(root / "FashionMNIST/raw" / kImages, Images(2, 28, 2 * 784));
  Write(root / "FashionMNIST/raw" / kLabels, Labels({9, 0}));
  WriteGzip(root / "flat" / (kImages + std::string(".gz")),
            Images(2, 28, 2 * 784));
  WriteGzip(root / "flat" / (kLabels + std::string(".gz")), Labels({9, 0}));
  for (const auto& folder : {root.path(), root / "flat"}) {
    const Dataset set = Open(folder);
    EXPECT_THAT(set.labels, ElementsAre(9, 0));
    EXPECT_EQ(set.classes[9], "Ankle boot");
    EXPECT_EQ(set.filename(1), "train-images-idx3-ubyte[1]");
    const image::Image image = set.image(1);
    ASSERT_EQ(image.width(), 28);
    const uint8_t grey = (784 + 29) % 251;
    EXPECT_THAT(std::vector<uint8_t>(image.Row(1) + 3, image.Row(1) + 6),
                ElementsAre(grey, grey, grey));
  }
}

TEST(FashionMnist, RejectsWrongHeaders) {
  const TempFolder root;
  Write(root / kLabels, Labels({1, 2}));
  const auto expect_error = [&](const std::string& images,
                                const std::string& message) {
    Write(root / kImages, images);
    ExpectError([&] { Open(root.path()); }, ErrorKind::kFormat,
                {kImages, message});
  };
  expect_error(Images(2, 28, 2 * 784 - 1), "less than the 2 entries");
  expect_error(Images(2, 28, 2 * 784 + 1), "more than the 2 entries");
  expect_error(Images(2, 32, 2 * 1024), "not 28 x 28");
  expect_error(Images(1, 28, 784), "1 images and 2 labels");
  expect_error(Labels({1, 2}), "not an IDX file");
  expect_error("", "not an IDX file");
  std::string huge = Images(0, 28, 784);
  huge[4] = '\x7F';
  expect_error(huge, "2130706432 entries");
}

TEST(FashionMnist, RejectsLabelsOutOfRange) {
  const TempFolder root;
  Write(root / kImages, Images(2, 28, 2 * 784));
  Write(root / kLabels, Labels({1, 10}));
  ExpectError([&] { Open(root.path()); }, ErrorKind::kFormat,
              {"[1]", "label 10 is out of range for 10 classes"});
}

TEST(FashionMnist, RejectsGzipBombsAndTruncatedGzip) {
  const TempFolder root;
  Write(root / kLabels, Labels({1, 2}));
  const fs::path images = root / (kImages + std::string(".gz"));
  WriteGzip(images, Images(2, 28, size_t{64} << 20));
  ExpectError([&] { Open(root.path()); }, ErrorKind::kFormat,
              {"more than the 2 entries"});

  WriteGzip(images, Images(2, 28, 2 * 784));
  fs::resize_file(images, fs::file_size(images) / 2);
  ExpectError([&] { Open(root.path()); }, ErrorKind::kFormat,
              {images.string()});
}

TEST(FashionMnist, ReadsDebiansPackage) {
  const fs::path root = "/usr/share/datasets/fashion-mnist";
  if (!fs::exists(root)) GTEST_SKIP() << "dataset-fashion-mnist is missing";
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const Dataset set = OpenDataset("Fashion-MNIST", root, split);
    EXPECT_EQ(set.size(), split == Split::kTrain ? 60'000 : 10'000);
    std::vector<int> counts(10);
    for (const int32_t label : set.labels) ++counts[label];
    EXPECT_THAT(counts, testing::Each(set.size() / 10));
  }
}

}  // namespace
}  // namespace wsel::data
