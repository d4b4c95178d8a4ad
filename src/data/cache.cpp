#include "wsel/data/cache.h"

#include <atomic>
#include <memory>

namespace wsel::data {
namespace {

// A place for each picture, filled once and then only read: no lock is needed.
class Cache {
 public:
  Cache(const Dataset& set, size_t max_bytes)
      : decode_(set.picture),
        max_bytes_(max_bytes),
        places_(static_cast<size_t>(set.size())) {}
  ~Cache() {
    for (auto& place : places_) delete place.load();
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  image::Image Picture(int64_t i) {
    auto& place = places_.at(static_cast<size_t>(i));
    const image::Image* kept = place.load(std::memory_order_acquire);
    if (kept != nullptr) return *kept;
    image::Image picture = decode_(i);
    Keep(picture, place);
    return picture;
  }

 private:
  void Keep(const image::Image& picture,
            std::atomic<const image::Image*>& place) {
    const size_t bytes = picture.bytes().size() + sizeof(picture);
    if (used_.fetch_add(bytes) + bytes <= max_bytes_) {
      auto copy = std::make_unique<const image::Image>(picture);
      const image::Image* empty = nullptr;
      if (place.compare_exchange_strong(empty, copy.get())) {
        copy.release();
        return;
      }
    }
    used_.fetch_sub(bytes);  // no room, or another thread was first
  }

  std::function<image::Image(int64_t)> decode_;
  size_t max_bytes_;
  std::atomic<size_t> used_ = 0;
  std::vector<std::atomic<const image::Image*>> places_;
};

}  // namespace

Dataset Cached(const Dataset& set, size_t max_bytes) {
  const auto cache = std::make_shared<Cache>(set, max_bytes);
  Dataset cached = set;
  cached.picture = [cache](int64_t i) { return cache->Picture(i); };
  return cached;
}

}  // namespace wsel::data
