#include "wsel/data/picture_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "files.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/file_lock.h"
#include "wsel/core/mapped_file.h"
#include "wsel/core/parallel.h"
#include "wsel/core/sha256.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

// The file: the pictures' bytes one after another, then a Place for each, then
// the magic. Numbers as this machine has them: the file does not leave it.
constexpr std::string_view kMagic = "wselpix1";
constexpr size_t kAtOnce = 256;   // pictures that are decoded together
constexpr int64_t kSampled = 32;  // by which the whole is estimated

struct Place {
  uint64_t offset;
  uint32_t width;  // 0: the picture could not be read
  uint32_t height;
};

size_t BytesOf(const Place& place) {
  return size_t{place.width} * place.height * 3;
}

// Of what the pictures are, as far as their folder tells.
std::string DigestOf(const FilePicture& files) {
  Sha256 hash;
  hash.Update(fs::absolute(files.folder).string());
  for (const std::string& name : *files.names) {
    std::error_code ignored;  // of a file that is not there, and cannot be read
    const fs::path path = files.folder / name;
    const auto time = fs::last_write_time(path, ignored).time_since_epoch();
    hash.Update(fmt::format("\n{} {} {}", name, fs::file_size(path, ignored),
                            time.count()));
  }
  return hash.Hex().substr(0, 16);
}

image::Image PictureOrNone(const Dataset& set, int64_t i) {
  try {
    return set.picture(i);
  } catch (const Error&) {
    return {};
  }
}

size_t EstimateBytes(const Dataset& set) {
  const int64_t sampled = std::min(kSampled, set.size());
  size_t bytes = 0;
  for (int64_t i = 0; i < sampled; ++i) {
    bytes += PictureOrNone(set, i * set.size() / sampled).bytes().size();
  }
  return bytes / static_cast<size_t>(sampled) * static_cast<size_t>(set.size());
}

template <typename T>
std::span<const std::byte> AsBytes(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

void Make(const Dataset& set, const fs::path& path) {
  AtomicFile file(path);
  std::vector<Place> places;
  const auto count = static_cast<size_t>(set.size());
  for (size_t first = 0; first < count; first += kAtOnce) {
    std::vector<image::Image> pictures(std::min(kAtOnce, count - first));
    ParallelFor(pictures.size(), [&](size_t i) {
      pictures[i] = PictureOrNone(set, static_cast<int64_t>(first + i));
    });
    for (const image::Image& picture : pictures) {
      places.push_back({file.offset(), static_cast<uint32_t>(picture.width()),
                        static_cast<uint32_t>(picture.height())});
      file.Write(std::as_bytes(picture.bytes()));
    }
  }
  file.Write(AsBytes(places));
  file.Write(kMagic);
  file.Commit();
}

class Store {
 public:
  Store(const fs::path& path, size_t count) : file_(path), places_(count) {
    const auto bytes = file_.bytes();
    const size_t tail = count * sizeof(Place) + kMagic.size();
    if (bytes.size() < tail || std::memcmp(&bytes[bytes.size() - kMagic.size()],
                                           kMagic.data(), kMagic.size()) != 0) {
      Refuse();
    }
    pixels_ = bytes.size() - tail;
    std::memcpy(places_.data(), &bytes[pixels_], count * sizeof(Place));
    for (const Place& place : places_) {
      const size_t size = BytesOf(place);
      if (size > pixels_ || place.offset > pixels_ - size) Refuse();
    }
  }

  // Nothing where the picture could not be read.
  image::Image At(int64_t i) const {
    const Place& place = places_.at(static_cast<size_t>(i));
    image::Image picture(static_cast<int>(place.width),
                         static_cast<int>(place.height));
    if (BytesOf(place) > 0) {
      std::memcpy(picture.bytes().data(), &file_.bytes()[place.offset],
                  BytesOf(place));
    }
    return picture;
  }

 private:
  [[noreturn]] void Refuse() const {
    throw Error(ErrorKind::kFormat, file_.path().string(),
                "is no whole store of decoded pictures: delete it, and it is "
                "made anew");
  }

  MappedFile file_;
  std::vector<Place> places_;
  size_t pixels_ = 0;  // bytes of all pictures
};

}  // namespace

Dataset StoredDecoded(const Dataset& set, const fs::path& folder,
                      size_t max_bytes) {
  const auto* files = set.picture.target<FilePicture>();
  if (files == nullptr || EstimateBytes(set) > max_bytes) return set;
  const fs::path path = folder / (DigestOf(*files) + ".pictures");
  MakeOnce(path, [&] { Make(set, path); });
  const auto store =
      std::make_shared<const Store>(path, static_cast<size_t>(set.size()));
  Dataset stored = set;
  stored.picture = [store, decode = set.picture](int64_t i) {
    image::Image picture = store->At(i);
    return picture.width() > 0 ? picture : decode(i);
  };
  return stored;
}

}  // namespace wsel::data
