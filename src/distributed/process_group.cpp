#include "wsel/distributed/process_group.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstring>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <utility>

#include "backends.h"
#include "meet.h"
#include "wsel/core/error.h"

namespace wsel::distributed {
namespace {

using Backend = c10::intrusive_ptr<c10d::Backend>;

// What the libraries throw, for example where a connection has ended.
template <typename Call>
auto Calling(Call&& call) try {
  return call();
} catch (const c10::Error& e) {
  throw RankLost(e.what_without_backtrace());
} catch (const std::exception& e) {
  throw RankLost(e.what());
}

// The libraries use the same keys.
c10::intrusive_ptr<c10d::Store> KeysOf(
    const std::string& library, const c10::intrusive_ptr<c10d::Store>& store) {
  return c10::make_intrusive<c10d::PrefixStore>(library, store);
}

Backend ConnectByGloo(const c10::intrusive_ptr<c10d::Store>& store,
                      const World& world) {
  try {
    return MakeGloo(KeysOf("gloo", store), world.rank, world.size);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw Error(ErrorKind::kIo, "rendezvous",
                "the ranks have met, but cannot connect by Gloo: set "
                "GLOO_SOCKET_IFNAME to the network interface between their "
                "hosts ({})",
                std::string_view(e.what()).substr(0, 200));
  }
}

}  // namespace

struct ProcessGroup::State {
  World world;
  c10::intrusive_ptr<c10d::Store> store;
  std::vector<Peer> peers;
  int local_rank = 0;
  int local_size = 1;
  Backend gloo;
  Backend nccl;  // null until UseDevice of a GPU

  Backend& BackendOf(const at::Tensor& tensor) {
    return tensor.is_cpu() ? gloo : nccl;
  }
  Transfer Start(at::Tensor tensor, c10d::ReduceOp::RedOpType operation);
  void CountLocalRanks();
};

void ProcessGroup::State::CountLocalRanks() {
  const std::string& host = peers[static_cast<size_t>(world.rank)].host;
  int size = 0;
  int before = 0;
  for (int rank = 0; rank < world.size; ++rank) {
    if (peers[static_cast<size_t>(rank)].host != host) continue;
    ++size;
    if (rank < world.rank) ++before;
  }
  local_rank = world.local_rank.value_or(before);
  local_size = world.local_size.value_or(size);
}

ProcessGroup::ProcessGroup(const World& world, const JoinOptions& options)
    : state_(std::make_unique<State>()) {
  state_->world = world;
  state_->store = OpenStore(world, options);
  state_->peers = Meet(*state_->store, world, options);
  state_->CountLocalRanks();
  state_->gloo = ConnectByGloo(state_->store, world);
}

ProcessGroup::~ProcessGroup() = default;

int ProcessGroup::rank() const { return state_->world.rank; }
int ProcessGroup::size() const { return state_->world.size; }
int ProcessGroup::local_rank() const { return state_->local_rank; }
int ProcessGroup::local_size() const { return state_->local_size; }
int ProcessGroup::restart() const { return state_->world.restart; }

std::string ProcessGroup::NameOf(int rank) const {
  const Peer& peer = state_->peers[static_cast<size_t>(rank)];
  return fmt::format("rank {} ({}, process {})", rank, peer.host, peer.pid);
}

void ProcessGroup::UseDevice(const c10::Device& device) {
  if (device.is_cpu() || state_->nccl) return;
  state_->nccl = MakeNccl(KeysOf("nccl", state_->store), rank(), size());
}

std::string ProcessGroup::FromFirst(const std::string& text) {
  const at::Tensor length = at::full({}, static_cast<int64_t>(text.size()),
                                     at::TensorOptions(at::kLong));
  Broadcast(length);
  const at::Tensor bytes = at::empty({length.item<int64_t>()}, at::kByte);
  if (bytes.numel() == 0) return "";
  if (IsFirst()) std::memcpy(bytes.data_ptr(), text.data(), text.size());
  Broadcast(bytes);
  return {static_cast<const char*>(bytes.data_ptr()),
          static_cast<size_t>(bytes.numel())};
}

void ProcessGroup::Transfer::Wait() {
  if (const auto wait = std::exchange(wait_, nullptr)) Calling(wait);
}

ProcessGroup::Transfer ProcessGroup::State::Start(
    at::Tensor tensor, c10d::ReduceOp::RedOpType operation) {
  std::vector<at::Tensor> tensors = {std::move(tensor)};
  c10d::AllreduceOptions options;
  options.reduceOp = operation;
  const auto work = Calling(
      [&] { return BackendOf(tensors[0])->allreduce(tensors, options); });
  return Transfer([work] { work->wait(); });
}

ProcessGroup::Transfer ProcessGroup::StartSum(at::Tensor tensor) {
  return state_->Start(std::move(tensor), c10d::ReduceOp::SUM);
}

ProcessGroup::Transfer ProcessGroup::StartMax(at::Tensor tensor) {
  return state_->Start(std::move(tensor), c10d::ReduceOp::MAX);
}

void ProcessGroup::Broadcast(const at::Tensor& tensor) {
  std::vector<at::Tensor> tensors = {tensor};
  Calling([&] { state_->BackendOf(tensor)->broadcast(tensors)->wait(); });
}

std::vector<at::Tensor> ProcessGroup::Gather(const at::Tensor& tensor) {
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (int rank = 0; rank < size(); ++rank) {
    outputs[0].push_back(at::empty_like(tensor));
  }
  std::vector<at::Tensor> inputs = {tensor};
  Calling([&] { state_->gloo->allgather(outputs, inputs)->wait(); });
  return outputs[0];
}

void ProcessGroup::Barrier() {
  Calling([&] { state_->gloo->barrier()->wait(); });
}

}  // namespace wsel::distributed
