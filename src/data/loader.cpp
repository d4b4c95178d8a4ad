#include "wsel/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "image_files.h"
#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::data {
namespace {

constexpr size_t kMaxCorruptFiles = 20;

// The bounds keep the size of a batch within size_t.
void Validate(const LoaderOptions& options) {
  CheckBetween("img_size", options.img_size.height, 1, 1 << 14);
  CheckBetween("img_size", options.img_size.width, 1, 1 << 14);
  CheckBetween("batch_size", options.batch_size, 1, 1 << 24);
  CheckBetween("workers", options.workers, -1, 1024);
  CheckBetween("prefetch", options.prefetch, 2, 1024);
}

constexpr int kMaxChannels = 1024;  // in_chans of a model

std::shared_ptr<uint8_t> PageableMemory(size_t bytes) {
  return {new uint8_t[bytes], std::default_delete<uint8_t[]>()};
}

// One batch of the ring buffer.
struct Slot {
  std::shared_ptr<uint8_t> memory;
  Batch batch;
  int64_t taken = 0;    // samples that a thread has started
  int64_t pending = 0;  // samples that are not finished
  // The exception of the first failing sample in order, and its position.
  std::exception_ptr failure;
  int64_t failed_at = 0;
};

// The result of loading a sample.
struct SampleResult {
  bool valid = true;
  std::exception_ptr failure;
};

}  // namespace

// The caller's thread schedules batches into free slots; the workers load their
// samples. Batch n lies in slot n % slots.size(). The workers own a slot from
// when it is scheduled until its last sample is finished, the caller owns it
// otherwise; within it, the pixels and erase patch of a sample are owned by the
// thread that took it. All other shared state is guarded by the mutex.
struct Loader::State {
  State(Dataset dataset, Transform transform, BatchSampler sampler,
        const LoaderOptions& options, const Allocate& allocate);
  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    work.notify_all();
    // The threads are the last member, so they are joined first.
  }

  const Batch* Next();

  void Fill();
  void ScheduleBatch();
  void Work();
  bool HasWork() const { return taking < scheduled; }
  void LoadNextSample(std::unique_lock<std::mutex>& lock);
  SampleResult LoadSample(Slot& slot, int64_t at) const;
  // At least the pixels that the transform reads.
  image::Image ImageOf(const Batch& batch, size_t i) const;
  // Names the file of an image that cannot be transformed.
  void TransformNamed(const image::Image& image, const Slot& slot, size_t i,
                      std::span<uint8_t> out, ErasePatch& patch) const;
  void CountCorrupt(const Batch& batch);
  Slot& SlotOf(int64_t batch) {
    return slots[static_cast<size_t>(batch) % slots.size()];
  }

  const Dataset dataset;
  const Transform transform;
  const BatchSampler sampler;
  const LoaderOptions options;
  const size_t image_bytes;

  // Used only by the caller.
  std::vector<Slot> slots;
  int64_t delivered = 0;  // batches returned by Next
  bool ended = false;     // the sampler has ended or thrown
  std::exception_ptr sampler_failure;
  int64_t num_corrupt = 0;
  std::vector<std::string> corrupt_files;

  // Guarded by the mutex. Only the caller writes `scheduled`.
  std::mutex mutex;
  std::condition_variable work;   // there are samples to take, or `stopping`
  std::condition_variable ready;  // a batch is finished
  int64_t scheduled = 0;          // batches given to the workers
  int64_t taking = 0;             // the batch from which samples are taken
  bool stopping = false;

  std::vector<std::jthread> workers;
};

Loader::State::State(Dataset dataset_in, Transform transform_in,
                     BatchSampler sampler_in, const LoaderOptions& options_in,
                     const Allocate& allocate)
    : dataset(std::move(dataset_in)),
      transform(std::move(transform_in)),
      sampler(std::move(sampler_in)),
      options(options_in),
      image_bytes(static_cast<size_t>(transform.channels) *
                  static_cast<size_t>(options.img_size.Area())),
      slots(options.workers == 0 ? 1 : static_cast<size_t>(options.prefetch)) {
  const size_t bytes = image_bytes * static_cast<size_t>(options.batch_size);
  for (Slot& slot : slots) {
    slot.memory = allocate ? allocate(bytes) : PageableMemory(bytes);
  }
}

void Loader::State::Fill() {
  while (!ended && scheduled - delivered < static_cast<int64_t>(slots.size())) {
    try {
      ScheduleBatch();
    } catch (...) {  // thrown by Next after the batches before it
      sampler_failure = std::current_exception();
      ended = true;
    }
  }
}

void Loader::State::ScheduleBatch() {
  BatchIndices sampled = sampler();
  if (sampled.indices.empty()) {
    ended = true;
    return;
  }
  const auto size = static_cast<int64_t>(sampled.indices.size());
  CheckBetween("indices of a batch", size, 1, options.batch_size);
  if (sampled.draws.empty()) {
    sampled.draws.assign(sampled.indices.size(), sampled.epoch);
  }
  CheckBetween("draws of a batch", static_cast<int64_t>(sampled.draws.size()),
               size, size);
  if (sampled.addresses.empty()) sampled.addresses = sampled.indices;
  CheckBetween("addresses of a batch",
               static_cast<int64_t>(sampled.addresses.size()), size, size);

  Slot& slot = SlotOf(scheduled);
  Batch& batch = slot.batch;
  batch.labels.clear();
  batch.label_sets.clear();
  for (const int64_t index : sampled.indices) {
    CheckBetween("index of a sample", index, 0, dataset.size() - 1);
    batch.labels.push_back(dataset.labels[static_cast<size_t>(index)]);
    if (dataset.multi_label()) {
      batch.label_sets.push_back(
          dataset.label_sets[static_cast<size_t>(index)]);
    }
  }
  batch.epoch = sampled.epoch;
  batch.size = size;
  batch.pixels = {slot.memory.get(), sampled.indices.size() * image_bytes};
  batch.erase_patches.resize(sampled.indices.size());
  batch.valid.assign(sampled.indices.size(), true);
  batch.addresses = std::move(sampled.addresses);
  batch.indices = std::move(sampled.indices);
  batch.draws = std::move(sampled.draws);
  slot.taken = 0;
  slot.pending = size;
  {
    const std::lock_guard lock(mutex);
    ++scheduled;
  }
  work.notify_all();
}

void Loader::State::Work() {
  std::unique_lock lock(mutex);
  while (true) {
    work.wait(lock, [this] { return stopping || HasWork(); });
    if (stopping) return;
    LoadNextSample(lock);
  }
}

void Loader::State::LoadNextSample(std::unique_lock<std::mutex>& lock) {
  Slot& slot = SlotOf(taking);
  const int64_t at = slot.taken++;
  if (slot.taken == slot.batch.size) ++taking;

  lock.unlock();
  SampleResult result = LoadSample(slot, at);
  lock.lock();

  // Under the mutex, since elements of std::vector<bool> share bytes.
  if (!result.valid) slot.batch.valid[static_cast<size_t>(at)] = false;
  if (result.failure && (!slot.failure || at < slot.failed_at)) {
    slot.failure = std::move(result.failure);
    slot.failed_at = at;
  }
  if (--slot.pending == 0) ready.notify_one();
}

void Loader::State::TransformNamed(const image::Image& image, const Slot& slot,
                                   size_t i, std::span<uint8_t> out,
                                   ErasePatch& patch) const {
  try {
    transform.apply(image, slot.batch.draws[i], slot.batch.addresses[i], out,
                    patch);
  } catch (const Error& e) {
    throw Error(e.kind(), dataset.filename(slot.batch.indices[i]), e.what());
  }
}

image::Image Loader::State::ImageOf(const Batch& batch, size_t i) const {
  if (!transform.needed) return dataset.image(batch.indices[i]);
  const auto needed = [&](image::Size size) -> image::Window {
    try {
      return transform.needed(size, batch.draws[i], batch.addresses[i]);
    } catch (const Error&) {  // the transform's, which names the file
      return {0, 0, size.width, size.height};
    }
  };
  return ImageWithWindow(dataset.image, batch.indices[i], needed);
}

SampleResult Loader::State::LoadSample(Slot& slot, int64_t at) const {
  const auto i = static_cast<size_t>(at);
  const std::span<uint8_t> out(slot.memory.get() + i * image_bytes,
                               image_bytes);
  ErasePatch& patch = slot.batch.erase_patches[i];
  patch = ErasePatch{.values = std::move(patch.values)};  // keeps the memory
  patch.values.clear();
  try {
    const image::Image image = ImageOf(slot.batch, i);
    TransformNamed(image, slot, i, out, patch);
  } catch (const Error& e) {
    const bool corrupt =
        e.kind() == ErrorKind::kFormat || e.kind() == ErrorKind::kIo;
    if (!corrupt || !options.skip_corrupt) {
      return {true, std::current_exception()};
    }
    std::ranges::fill(out, uint8_t{0});
    return {false, nullptr};
  } catch (...) {
    return {true, std::current_exception()};
  }
  return {};
}

const Batch* Loader::State::Next() {
  Fill();
  if (delivered == scheduled) {
    if (sampler_failure) std::rethrow_exception(sampler_failure);
    return nullptr;
  }
  Slot& slot = SlotOf(delivered);
  {
    std::unique_lock lock(mutex);
    while (options.workers == 0 && HasWork()) LoadNextSample(lock);
    ready.wait(lock, [&slot] { return slot.pending == 0; });
  }
  if (slot.failure) std::rethrow_exception(slot.failure);
  CountCorrupt(slot.batch);
  ++delivered;
  return &slot.batch;
}

void Loader::State::CountCorrupt(const Batch& batch) {
  for (size_t i = 0; i < batch.valid.size(); ++i) {
    if (batch.valid[i]) continue;
    ++num_corrupt;
    if (corrupt_files.size() == kMaxCorruptFiles) continue;
    std::string filename = dataset.filename(batch.indices[i]);
    if (std::ranges::find(corrupt_files, filename) == corrupt_files.end()) {
      corrupt_files.push_back(std::move(filename));
    }
  }
}

Loader::Loader(Dataset dataset, Transform transform, BatchSampler sampler,
               const LoaderOptions& options, const Allocate& allocate) {
  Validate(options);
  CheckBetween("channels", transform.channels, 1, kMaxChannels);
  state_ = std::make_unique<State>(std::move(dataset), std::move(transform),
                                   std::move(sampler), options, allocate);
  const auto processors =
      static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int workers = options.workers < 0 ? processors : options.workers;
  if (workers > 0) state_->Fill();
  for (int i = 0; i < workers; ++i) {
    state_->workers.emplace_back([state = state_.get()] { state->Work(); });
  }
}

Loader::~Loader() = default;

const Batch* Loader::Next() { return state_->Next(); }

int64_t Loader::num_corrupt() const { return state_->num_corrupt; }

const std::vector<std::string>& Loader::corrupt_files() const {
  return state_->corrupt_files;
}

}  // namespace wsel::data
