#include "meet.h"

#include <c10/util/Logging.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "store_text.h"
#include "wsel/core/error.h"
#include "wsel/core/version.h"

namespace wsel::distributed {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxNamed = 8;  // ranks in a message

// c10d logs a stack trace of every connection that fails or ends, beside the
// one message of a failure; TORCH_CPP_LOG_LEVEL=INFO shows all.
void SilenceC10d() {
  static std::once_flag once;
  std::call_once(once, [] {
    setenv("TORCH_CPP_LOG_LEVEL", "FATAL", /*overwrite=*/0);
    c10::initLogging();
  });
}

std::string HostName() {
  std::array<char, 256> name = {};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

c10::intrusive_ptr<c10d::Store> OpenTcp(const World& world,
                                        std::chrono::seconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(world.port);
  options.isServer = world.serves;
  options.waitWorkers = false;
  options.timeout = timeout;
  const std::string place = fmt::format("{}:{}", world.host, world.port);
  try {
    return c10::make_intrusive<c10d::TCPStore>(world.host, options);
  } catch (const std::exception& e) {
    if (world.serves) {
      throw Error(ErrorKind::kIo, place,
                  "rank 0 cannot wait for the other ranks there: the port is "
                  "in use, or the host is another one; set MASTER_ADDR and "
                  "MASTER_PORT ({})",
                  std::string_view(e.what()).substr(0, 200));
    }
    throw Error(ErrorKind::kIo, place,
                "rank {} did not reach rank 0 there within {} s "
                "(`rendezvous_timeout`): it never came, see what its process "
                "reports; MASTER_ADDR and MASTER_PORT are another place; or a "
                "firewall is in between",
                world.rank, timeout.count());
  }
}

c10::intrusive_ptr<c10d::Store> OpenFile(const World& world,
                                         const std::filesystem::path& folder) {
  if (folder.empty()) {
    throw Error(
        ErrorKind::kUsage, "MASTER_ADDR",
        "is not set, and this command has no folder in which {} ranks "
        "could meet: set it to the host of rank 0, and MASTER_PORT to a "
        "free port there",
        world.size);
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto file = MeetingFile(world, folder);
  if (error) {
    throw Error(ErrorKind::kIo, file.string(),
                "cannot create its folder: " + error.message());
  }
  try {
    return c10::make_intrusive<c10d::FileStore>(file.string(), world.size);
  } catch (const std::exception& e) {
    throw Error(ErrorKind::kIo, file.string(), e.what());
  }
}

std::string RankKey(int rank) { return "rank/" + std::to_string(rank); }

std::string Introduction() {
  return nlohmann::json{{"host", HostName()},
                        {"pid", getpid()},
                        {"version", std::string(Version())}}
      .dump();
}

Peer PeerOf(const std::string& introduction, int rank) {
  const auto json = nlohmann::json::parse(introduction, nullptr, false);
  if (!json.is_object()) {
    throw Error(ErrorKind::kIo, fmt::format("rank {}", rank),
                "is not a rank of wsel: another program uses the same "
                "MASTER_ADDR and MASTER_PORT");
  }
  return {json.value("host", ""), json.value("pid", 0),
          json.value("version", "")};
}

// "3, 5, 7"; of many only the first.
std::string Names(const std::vector<int>& ranks) {
  const size_t shown = std::min(ranks.size(), kMaxNamed);
  const std::vector<int> first(ranks.begin(),
                               ranks.begin() + static_cast<ptrdiff_t>(shown));
  return fmt::format("{}{}", fmt::join(first, ", "),
                     shown < ranks.size() ? ", ..." : "");
}

// Why ranks may not see each other that all run; "" at an address.
std::string OtherFolder(const World& world, const JoinOptions& options) {
  if (!world.host.empty()) return "";
  return fmt::format(
      ", and whether all see the file {}: its folder must be on a file system "
      "that all machines share; or set MASTER_ADDR and MASTER_PORT",
      MeetingFile(world, options.folder).string());
}

void WaitForAll(c10d::Store& store, const World& world,
                const JoinOptions& options) {
  const int size = world.size;
  const std::chrono::seconds timeout = options.rendezvous_timeout;
  std::vector<std::string> keys;
  for (int rank = 0; rank < size; ++rank) keys.push_back(RankKey(rank));
  try {
    store.wait(keys, timeout);
    return;
  } catch (const std::exception&) {
    // Named below.
  }
  std::vector<int> missing;
  for (int rank = 0; rank < size; ++rank) {
    if (!HasCome(store, rank)) missing.push_back(rank);
  }
  if (missing.empty()) return;  // they came just now
  throw Error(ErrorKind::kIo, "rendezvous",
              "{} of {} ranks did not come within {} s (rendezvous_timeout): "
              "{}; see what their processes report{}",
              missing.size(), size, timeout.count(), Names(missing),
              OtherFolder(world, options));
}

}  // namespace

std::filesystem::path MeetingFile(const World& world,
                                  const std::filesystem::path& folder) {
  return folder / ("rendezvous-" + world.launch_id);
}

c10::intrusive_ptr<c10d::Store> OpenStore(const World& world,
                                          const JoinOptions& options) {
  SilenceC10d();
  const auto store = world.host.empty()
                         ? OpenFile(world, options.folder)
                         : OpenTcp(world, options.rendezvous_timeout);
  // torchrun's store outlives the ranks that it starts again.
  return c10::make_intrusive<c10d::PrefixStore>(
      fmt::format("wsel/{}", world.restart), store);
}

void RequireNewFile(c10d::Store& store, const World& world,
                    const std::filesystem::path& folder) {
  if (!world.host.empty() || !HasCome(store, world.rank)) return;
  throw Error(ErrorKind::kIo, MeetingFile(world, folder).string(),
              "is left from an earlier launch of the same name, which was "
              "killed: make sure that none of its ranks is running, and delete "
              "the file");
}

bool HasCome(c10d::Store& store, int rank) {
  return store.check({RankKey(rank)});
}

std::vector<Peer> Meet(c10d::Store& store, const World& world,
                       const JoinOptions& options) {
  std::vector<Peer> peers;
  try {
    Put(store, RankKey(world.rank), Introduction());
    WaitForAll(store, world, options);
    for (int rank = 0; rank < world.size; ++rank) {
      peers.push_back(PeerOf(Get(store, RankKey(rank)), rank));
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw Error(ErrorKind::kIo, "rendezvous", "the ranks lost contact: {}",
                std::string_view(e.what()).substr(0, 200));
  }
  for (int rank = 1; rank < world.size; ++rank) {
    const Peer& peer = peers[static_cast<size_t>(rank)];
    if (peer.version == peers[0].version) continue;
    throw Error(ErrorKind::kConfig, "rendezvous",
                "rank {} on {} is wsel {}, but rank 0 on {} is wsel {}: all "
                "ranks need the same build",
                rank, peer.host, peer.version, peers[0].host, peers[0].version);
  }
  return peers;
}

}  // namespace wsel::distributed
