// Fashion-MNIST in MNIST's IDX format: a magic number of four bytes (0, 0,
// type, number of dimensions), each dimension as a big-endian 32-bit integer,
// the values.
#include <fmt/format.h>

#include <algorithm>

#include "gzip.h"
#include "readers.h"
#include "records.h"
#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"

namespace wsel::data {
namespace {

constexpr int kSize = 28;
constexpr size_t kMaxImages = 1'000'000;

const std::vector<std::string> kClasses = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

// Reads an IDX file of bytes with shape [N, shape...].
std::vector<uint8_t> ReadIdx(const std::filesystem::path& path,
                             const std::vector<uint32_t>& shape) {
  const std::string where = path.string();
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorKind::kFormat, where, message);
  };
  const MappedFile file(path);
  const auto read = [&](size_t most) {
    if (IsGzip(file.bytes())) return Gunzip(file.bytes(), most, where);
    const auto* begin = reinterpret_cast<const uint8_t*>(file.bytes().data());
    return std::vector<uint8_t>(begin,
                                begin + std::min(most, file.bytes().size()));
  };
  const size_t rank = shape.size() + 1;
  const size_t header = 4 + 4 * rank;
  const std::vector<uint8_t> start = read(header);
  const auto integer = [&](size_t at) {
    return uint32_t{start[at]} << 24 | uint32_t{start[at + 1]} << 16 |
           uint32_t{start[at + 2]} << 8 | uint32_t{start[at + 3]};
  };
  if (start.size() < header || integer(0) != (0x0800 | rank)) {
    fail(fmt::format("is not an IDX file of bytes with {} dimensions", rank));
  }
  const size_t count = integer(4);
  size_t each = 1;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (integer(8 + 4 * d) != shape[d]) {
      fail(fmt::format("its images are not {0} x {0}", kSize));
    }
    each *= shape[d];
  }
  if (count > kMaxImages) {
    fail(fmt::format("claims {} entries; the limit is {}", count, kMaxImages));
  }
  std::vector<uint8_t> content = read(header + count * each + 1);
  if (content.size() != header + count * each) {
    fail(fmt::format("holds {} than the {} entries that it claims",
                     content.size() < header + count * each ? "less" : "more",
                     count));
  }
  content.erase(content.begin(),
                content.begin() + static_cast<ptrdiff_t>(header));
  return content;
}

// The file `name`, or `name`.gz if there is none.
std::filesystem::path OneOf(const std::filesystem::path& folder,
                            const std::string& name) {
  std::error_code ignored;
  const auto plain = folder / name;
  return std::filesystem::exists(plain, ignored) ? plain
                                                 : folder / (name + ".gz");
}

}  // namespace

Dataset OpenFashionMnist(OpenRequest& request) {
  const std::string start = request.train() ? "train" : "t10k";
  const std::string images = start + "-images-idx3-ubyte";
  const std::vector<std::string> folders = {"", "FashionMNIST/raw", "raw",
                                            "fashion-mnist"};
  auto folder = request.Find(folders, images);
  if (!folder) folder = request.Get(folders, images + ".gz");

  auto pixels = std::make_shared<const std::vector<uint8_t>>(
      ReadIdx(OneOf(*folder, images), {kSize, kSize}));
  const auto labels = ReadIdx(OneOf(*folder, start + "-labels-idx1-ubyte"), {});
  return DatasetOfRecords(
      request.Name(), kClasses, {labels.begin(), labels.end()},
      {{images, *pixels, pixels}}, {PixelLayout::kGrey, kSize});
}

}  // namespace wsel::data
