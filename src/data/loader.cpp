#include "wsel/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::data {
namespace {

constexpr size_t kMostNames = 20;

// The bounds keep the bytes of a batch countable.
void Validate(const LoaderOptions& options) {
  CheckBetween("img_size", options.img_size, 1, 1 << 14);
  CheckBetween("batch_size", options.batch_size, 1, 1 << 24);
  CheckBetween("workers", options.workers, -1, 1024);
  CheckBetween("slots", options.slots, 2, 1024);
}

std::shared_ptr<uint8_t> OrdinaryMemory(size_t bytes) {
  return {new uint8_t[bytes], std::default_delete<uint8_t[]>()};
}

// One place of the ring.
struct Slot {
  std::shared_ptr<uint8_t> memory;
  Batch batch;
  int64_t taken = 0;    // samples that some thread makes or has made
  int64_t pending = 0;  // samples that are not finished
  // What the first sample in order threw, and which it was.
  std::exception_ptr failure;
  int64_t failed_at = 0;
};

// How the making of a sample ended.
struct Outcome {
  bool valid = true;
  std::exception_ptr failure;
};

}  // namespace

// The caller's thread plans batches into free slots, the workers make their
// samples. Batch n lies in slot n % slots. A slot belongs to the workers from
// its planning until its last sample is finished, and to the caller otherwise;
// within it, sample i's pixels and overlay belong to the thread that took it.
// All else that both sides touch is guarded by the mutex.
struct Loader::State {
  State(Dataset dataset, Transform transform, NextBatch next,
        const LoaderOptions& options, const Allocate& allocate);
  ~State();

  void Start(int count);
  const Batch* Next();

  void Fill();
  void PlanOne();
  void Work();
  bool HasWork() const { return taking < planned; }
  void RunOne(std::unique_lock<std::mutex>& lock);
  Outcome Make(Slot& slot, int64_t at) const;
  void CountBroken(const Batch& batch);
  Slot& SlotOf(int64_t batch) {
    return slots[static_cast<size_t>(batch) % slots.size()];
  }

  const Dataset dataset;
  const Transform transform;
  const NextBatch next;
  const LoaderOptions options;
  const size_t picture_bytes;

  // The caller's alone.
  std::vector<Slot> slots;
  int64_t delivered = 0;  // batches that Next gave
  bool ended = false;     // `next` is not asked any more: it ended or threw
  std::exception_ptr plan_failure;
  int64_t broken = 0;
  std::vector<std::string> broken_origins;

  // Guarded. `planned` is written by the caller alone.
  std::mutex mutex;
  std::condition_variable work;   // there are samples to take, or it is over
  std::condition_variable ready;  // a batch is finished
  int64_t planned = 0;            // batches given to the workers
  int64_t taking = 0;             // the batch whose samples are handed out
  bool stopping = false;

  std::vector<std::jthread> workers;
};

Loader::State::State(Dataset dataset_in, Transform transform_in,
                     NextBatch next_in, const LoaderOptions& options_in,
                     const Allocate& allocate)
    : dataset(std::move(dataset_in)),
      transform(std::move(transform_in)),
      next(std::move(next_in)),
      options(options_in),
      picture_bytes(size_t{3} * static_cast<size_t>(options.img_size) *
                    static_cast<size_t>(options.img_size)),
      slots(options.workers == 0 ? 1 : static_cast<size_t>(options.slots)) {
  const size_t bytes = picture_bytes * static_cast<size_t>(options.batch_size);
  for (Slot& slot : slots) {
    slot.memory = allocate ? allocate(bytes) : OrdinaryMemory(bytes);
  }
}

Loader::State::~State() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  work.notify_all();
  // The threads are the last member: they end before what they use.
}

void Loader::State::Start(int count) {
  if (count == 0) return;
  Fill();
  for (int i = 0; i < count; ++i) workers.emplace_back([this] { Work(); });
}

void Loader::State::Fill() {
  while (!ended && planned - delivered < static_cast<int64_t>(slots.size())) {
    try {
      PlanOne();
    } catch (...) {  // batches before it come first
      plan_failure = std::current_exception();
      ended = true;
    }
  }
}

void Loader::State::PlanOne() {
  BatchPlan plan = next();
  if (plan.indices.empty()) {
    ended = true;
    return;
  }
  const auto size = static_cast<int64_t>(plan.indices.size());
  CheckBetween("indices of a batch", size, 1, options.batch_size);

  Slot& slot = SlotOf(planned);
  Batch& batch = slot.batch;
  batch.labels.clear();
  for (const int64_t index : plan.indices) {
    CheckBetween("index of a sample", index, 0, dataset.size() - 1);
    batch.labels.push_back(dataset.labels[static_cast<size_t>(index)]);
  }
  batch.epoch = plan.epoch;
  batch.size = size;
  batch.pixels = {slot.memory.get(), plan.indices.size() * picture_bytes};
  batch.overlays.resize(plan.indices.size());
  batch.valid.assign(plan.indices.size(), true);
  batch.indices = std::move(plan.indices);
  slot.taken = 0;
  slot.pending = size;
  {
    const std::lock_guard lock(mutex);
    ++planned;
  }
  work.notify_all();
}

void Loader::State::Work() {
  std::unique_lock lock(mutex);
  while (true) {
    work.wait(lock, [this] { return stopping || HasWork(); });
    if (stopping) return;
    RunOne(lock);
  }
}

void Loader::State::RunOne(std::unique_lock<std::mutex>& lock) {
  Slot& slot = SlotOf(taking);
  const int64_t at = slot.taken++;
  if (slot.taken == slot.batch.size) ++taking;

  lock.unlock();
  Outcome outcome = Make(slot, at);
  lock.lock();

  // Neighbours in a std::vector<bool> share bytes: not for the thread alone.
  if (!outcome.valid) slot.batch.valid[static_cast<size_t>(at)] = false;
  if (outcome.failure && (!slot.failure || at < slot.failed_at)) {
    slot.failure = std::move(outcome.failure);
    slot.failed_at = at;
  }
  if (--slot.pending == 0) ready.notify_one();
}

Outcome Loader::State::Make(Slot& slot, int64_t at) const {
  const auto i = static_cast<size_t>(at);
  const std::span<uint8_t> out(slot.memory.get() + i * picture_bytes,
                               picture_bytes);
  Overlay& overlay = slot.batch.overlays[i];
  overlay = Overlay{.values = std::move(overlay.values)};  // keeps the memory
  overlay.values.clear();
  const int64_t index = slot.batch.indices[i];
  bool reading = true;
  try {
    const image::Image picture = dataset.picture(index);
    reading = false;
    transform(picture, slot.batch.epoch, index, out, overlay);
  } catch (const Error& e) {
    const bool broken = reading && (e.kind() == ErrorKind::kFormat ||
                                    e.kind() == ErrorKind::kIo);
    if (!broken || !options.skip_broken) {
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
  if (delivered == planned) {
    if (plan_failure) std::rethrow_exception(plan_failure);
    return nullptr;
  }
  Slot& slot = SlotOf(delivered);
  {
    std::unique_lock lock(mutex);
    while (options.workers == 0 && HasWork()) RunOne(lock);
    ready.wait(lock, [&slot] { return slot.pending == 0; });
  }
  if (slot.failure) std::rethrow_exception(slot.failure);
  CountBroken(slot.batch);
  ++delivered;
  return &slot.batch;
}

void Loader::State::CountBroken(const Batch& batch) {
  for (size_t i = 0; i < batch.valid.size(); ++i) {
    if (batch.valid[i]) continue;
    ++broken;
    if (broken_origins.size() == kMostNames) continue;
    std::string origin = dataset.origin(batch.indices[i]);
    if (std::ranges::find(broken_origins, origin) == broken_origins.end()) {
      broken_origins.push_back(std::move(origin));
    }
  }
}

Loader::Loader(Dataset dataset, Transform transform, NextBatch next,
               const LoaderOptions& options, const Allocate& allocate) {
  Validate(options);
  state_ = std::make_unique<State>(std::move(dataset), std::move(transform),
                                   std::move(next), options, allocate);
  const auto processors =
      static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  state_->Start(options.workers < 0 ? processors : options.workers);
}

Loader::~Loader() = default;

const Batch* Loader::Next() { return state_->Next(); }

int64_t Loader::broken() const { return state_->broken; }

const std::vector<std::string>& Loader::broken_origins() const {
  return state_->broken_origins;
}

}  // namespace wsel::data
