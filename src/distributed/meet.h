#pragma once

#include <c10/util/intrusive_ptr.h>

#include <filesystem>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "wsel/distributed/process_group.h"

namespace wsel::distributed {

// Another rank, as it introduces itself.
struct Peer {
  std::string host;
  int pid = 0;
  std::string version;  // of this program
};

// The store of a world, on its host or in its file. Errors: kUsage without a
// place; kIo if it cannot be opened or reached in time.
c10::intrusive_ptr<c10d::Store> OpenStore(const World& world,
                                          const JoinOptions& options);

// Where ranks without an address meet.
std::filesystem::path MeetingFile(const World& world,
                                  const std::filesystem::path& folder);

// Whether a rank has introduced itself by Meet. Errors: what the store throws.
bool HasCome(c10d::Store& store, int rank);

// Before anything is put into the store. A file outlives ranks that were
// killed, and what they left there would be taken for ranks of this launch.
// Errors: kIo if this rank has met others there before.
void RequireNewFile(c10d::Store& store, const World& world,
                    const std::filesystem::path& folder);

// Introduces this rank and waits for the others. Errors: kIo with those that
// are missing after the timeout; kConfig if one has another version.
std::vector<Peer> Meet(c10d::Store& store, const World& world,
                       const JoinOptions& options);

}  // namespace wsel::distributed
