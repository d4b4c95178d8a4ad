#include <atomic>
#include <memory>

#include "image_files.h"
#include "wsel/data/cache.h"

namespace wsel::data {
namespace {

// One pointer per image, set once and then only read, so that no lock is
// needed.
class Cache {
 public:
  Cache(const Dataset& dataset, size_t max_bytes)
      : decode_(dataset.image),
        max_bytes_(max_bytes),
        entries_(static_cast<size_t>(dataset.size())) {}
  ~Cache() {
    for (auto& entry : entries_) delete entry.load();
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Whole images until the cache is full, then those that it lacks as needed.
  image::Image Get(int64_t i, const image::NeededWindow& needed) {
    auto& entry = entries_.at(static_cast<size_t>(i));
    const image::Image* cached = entry.load(std::memory_order_acquire);
    if (cached != nullptr) return *cached;
    if (full_) return ImageWithWindow(decode_, i, needed);
    image::Image image = decode_(i);
    const size_t bytes = image.bytes().size() + sizeof(image);
    if (used_.fetch_add(bytes) + bytes > max_bytes_) {
      full_ = true;
    } else {
      const auto* copy = new image::Image(image);  // the entry's, once stored
      const image::Image* empty = nullptr;
      if (entry.compare_exchange_strong(empty, copy)) return image;
      delete copy;
    }
    used_.fetch_sub(bytes);  // full, or another thread was first
    return image;
  }

 private:
  std::function<image::Image(int64_t)> decode_;
  size_t max_bytes_;
  std::atomic<size_t> used_ = 0;
  std::atomic<bool> full_ = false;  // an image did not fit
  std::vector<std::atomic<const image::Image*>> entries_;
};

}  // namespace

Dataset CachedInMemory(const Dataset& dataset, size_t max_bytes) {
  const auto cache = std::make_shared<Cache>(dataset, max_bytes);
  Dataset cached = dataset;
  cached.image =
      ImagesWithWindow{[cache](int64_t i, const image::NeededWindow& needed) {
        return cache->Get(i, needed);
      }};
  return cached;
}

}  // namespace wsel::data
