#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "image_files.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/file_lock.h"
#include "wsel/core/mapped_file.h"
#include "wsel/core/parallel.h"
#include "wsel/core/sha256.h"
#include "wsel/data/cache.h"
#include "wsel/image/channels.h"
#include "wsel/image/decode.h"

namespace wsel::data {
namespace {

// Of an image; none that was decoded has more.
const auto kMostPixels =
    static_cast<uint64_t>(image::DecodeLimits().max_pixels);

namespace fs = std::filesystem;

// The file: the pixels of all images, then an Entry for each, then the magic.
// Integers have the native byte order: the file is only for this machine.
constexpr std::string_view kMagic = "wselpix1";
constexpr size_t kChunk = 256;    // images that are decoded in parallel
constexpr int64_t kSampled = 32;  // images by which the size is estimated

struct Entry {
  uint64_t offset;
  uint32_t width;  // 0: the image could not be read
  uint32_t height;
};

// Channels of all images, which are not written: the name depends on them.
int ChannelsOf(const ImageFiles& files) {
  return image::ChannelsInMemory(files.in_chans);
}

// Identifies the images by their files' paths, sizes and times.
std::string DigestOf(const ImageFiles& files) {
  Sha256 hash;
  if (ChannelsOf(files) !=
      3) {  // names of RGB ones are those of older versions
    hash.Update(fmt::format("{} channels\n", ChannelsOf(files)));
  }
  hash.Update(fs::absolute(files.folder).string());
  for (const std::string& name : *files.names) {
    std::error_code ignored;  // a missing file is a corrupt image
    const fs::path path = files.folder / name;
    const auto time = fs::last_write_time(path, ignored).time_since_epoch();
    hash.Update(fmt::format("\n{} {} {}", name, fs::file_size(path, ignored),
                            time.count()));
  }
  return hash.Hex().substr(0, 16);
}

// An empty image if it cannot be read.
image::Image ImageOrEmpty(const Dataset& dataset, int64_t i) {
  try {
    return dataset.image(i);
  } catch (const Error&) {
    return {};
  }
}

size_t EstimateBytes(const Dataset& dataset) {
  const int64_t sampled = std::min(kSampled, dataset.size());
  size_t bytes = 0;
  for (int64_t i = 0; i < sampled; ++i) {
    bytes += ImageOrEmpty(dataset, i * dataset.size() / sampled).bytes().size();
  }
  return bytes / static_cast<size_t>(sampled) *
         static_cast<size_t>(dataset.size());
}

void WriteStore(const Dataset& dataset, const fs::path& path) {
  AtomicFile file(path);
  std::vector<Entry> entries;
  const auto count = static_cast<size_t>(dataset.size());
  for (size_t first = 0; first < count; first += kChunk) {
    std::vector<image::Image> images(std::min(kChunk, count - first));
    ParallelFor(images.size(), [&](size_t i) {
      images[i] = ImageOrEmpty(dataset, static_cast<int64_t>(first + i));
    });
    for (const image::Image& image : images) {
      entries.push_back({file.offset(), static_cast<uint32_t>(image.width()),
                         static_cast<uint32_t>(image.height())});
      file.Write(std::as_bytes(image.bytes()));
    }
  }
  file.Write(std::as_bytes(std::span(entries)));
  file.Write(kMagic);
  file.Commit();
}

class Store {
 public:
  Store(const fs::path& path, size_t count, int channels)
      : file_(path), entries_(count), channels_(channels) {
    const auto bytes = file_.bytes();
    const size_t tail = count * sizeof(Entry) + kMagic.size();
    if (bytes.size() < tail || std::memcmp(&bytes[bytes.size() - kMagic.size()],
                                           kMagic.data(), kMagic.size()) != 0) {
      Fail();
    }
    pixels_ = bytes.size() - tail;
    std::memcpy(entries_.data(), &bytes[pixels_], count * sizeof(Entry));
    for (const Entry& entry : entries_) {
      const auto area = uint64_t{entry.width} * entry.height;
      if (area > kMostPixels) Fail();
      const size_t size = BytesOf(entry);
      if (size > pixels_ || entry.offset > pixels_ - size) Fail();
    }
  }

  // Empty if the image could not be read.
  image::Image At(int64_t i) const {
    const Entry& entry = entries_.at(static_cast<size_t>(i));
    auto image =
        image::Image::OfChannels(static_cast<int>(entry.width),
                                 static_cast<int>(entry.height), channels_);
    if (BytesOf(entry) > 0) {
      std::memcpy(image.bytes().data(), &file_.bytes()[entry.offset],
                  BytesOf(entry));
    }
    return image;
  }

 private:
  size_t BytesOf(const Entry& entry) const {
    return size_t{entry.width} * entry.height * static_cast<size_t>(channels_);
  }

  [[noreturn]] void Fail() const {
    throw Error(
        ErrorKind::kFormat, file_.path().string(),
        "is an incomplete or corrupt image cache; delete it to rebuild");
  }

  MappedFile file_;
  std::vector<Entry> entries_;
  int channels_;
  size_t pixels_ = 0;  // bytes of all images
};

}  // namespace

Dataset CachedOnDisk(const Dataset& dataset, const fs::path& folder,
                     size_t max_bytes) {
  const auto* files = dataset.image.target<ImageFiles>();
  if (files == nullptr || EstimateBytes(dataset) > max_bytes) return dataset;
  const fs::path base = folder / DigestOf(*files);
  // Earlier versions wrote the same content to a file with another extension.
  fs::path path = base.string() + ".pictures";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) path = base.string() + ".images";
  CreateOnce(path, [&] { WriteStore(dataset, path); });
  const auto store = std::make_shared<const Store>(
      path, static_cast<size_t>(dataset.size()), ChannelsOf(*files));
  Dataset cached = dataset;
  cached.image = [store, decode = dataset.image](int64_t i) {
    image::Image image = store->At(i);
    return image.width() > 0 ? image : decode(i);
  };
  return cached;
}

}  // namespace wsel::data
