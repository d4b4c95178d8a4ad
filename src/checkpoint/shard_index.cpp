#include "shard_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "mapped_checkpoint.h"
#include "untrusted_json.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

constexpr size_t kMaxIndexSize = 8U << 20U;
constexpr size_t kMaxShards = 1000;

// Only a file in the index's own folder is allowed: an index is downloaded, and
// must not decide which other files on this computer are opened.
void CheckShardName(std::string_view name, const std::string& path) {
  if (!IsTensorName(name) || name == "." || name == ".." ||
      name.find_first_of("/\\") != std::string_view::npos) {
    ThrowFormatError(path,
                     "weight_map names {}, which is not a file name in the "
                     "index's folder; get the original index",
                     Quoted(name));
  }
}

// Builds the index from SAX events, without a JSON document in memory. The
// snake_case members implement nlohmann's SAX interface.
class IndexReader {
 public:
  IndexReader(const std::string& path, AllocationLimit& limit)
      : path_(path), limit_(limit) {}

  ShardIndex Result() && {
    if (!seen_map_) {
      ThrowFormatError(path_,
                       "is a JSON file, not a checkpoint: it has no "
                       "weight_map; use the file with the weights");
    }
    // Renumbers shards in name order.
    std::vector<size_t> rank;
    for (auto& [name, first] : shards_) {
      rank.resize(std::max(rank.size(), first + 1));
      rank[first] = index_.shards.size();
      index_.shards.push_back(name);
    }
    for (auto& [tensor, shard] : index_.shard_of) shard = rank[shard];
    return std::move(index_);
  }

  bool start_object(size_t /*count*/) {
    ++depth_;
    if (depth_ == 2 && key_ == "weight_map") {
      if (std::exchange(seen_map_, true)) Fail("two weight_map keys");
      in_map_ = true;
    } else if (in_map_) {
      Fail("an object in weight_map");
    }
    return true;
  }
  bool end_object() {
    --depth_;
    in_map_ = false;
    return true;
  }
  bool start_array(size_t /*count*/) {
    if (in_map_) Fail("an array in weight_map");
    Other(false);
    ++depth_;
    return true;
  }
  bool end_array() {
    --depth_;
    return true;
  }
  bool key(std::string& text) {
    if (in_map_ || depth_ == 1) key_ = text;
    return true;
  }
  bool string(std::string& shard) {
    if (in_map_) Add(shard.starts_with("./") ? shard.substr(2) : shard);
    return Other(false);
  }
  bool number_unsigned(uint64_t /*value*/) { return Other(in_map_); }
  bool number_integer(int64_t /*value*/) { return Other(in_map_); }
  bool number_float(double /*value*/, const std::string& /*text*/) {
    return Other(in_map_);
  }
  bool boolean(bool /*value*/) { return Other(in_map_); }
  bool null() { return Other(in_map_); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return Other(in_map_); }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    ThrowFormatError(path_,
                     "byte {}: begins like JSON, but is not valid; a truncated "
                     "or corrupt download looks like this",
                     position);
  }

 private:
  bool Other(bool in_map) const {
    if (in_map) Fail("a value that is not a file name in weight_map");
    if (depth_ == 1 && key_ == "weight_map") {
      Fail("a weight_map that is not an object");
    }
    return true;
  }

  void Add(const std::string& shard) {
    if (!IsTensorName(key_)) {
      Fail(
          fmt::format("the tensor {}: names must be UTF-8, 1 to 1024 bytes, "
                      "without control characters",
                      Quoted(key_)));
    }
    if (index_.shard_of.size() == kMaxTensors) {
      Fail(fmt::format("more than {} tensors", kMaxTensors));
    }
    limit_.Charge(kBytesPerEntry + key_.size(), AtTensor(path_, key_));
    auto known = shards_.find(shard);
    if (known == shards_.end()) {
      CheckShardName(shard, path_);
      if (shards_.size() == kMaxShards) {
        Fail(fmt::format("more than {} files", kMaxShards));
      }
      known = shards_.emplace(shard, shards_.size()).first;
    }
    if (!index_.shard_of.emplace(key_, known->second).second) {
      ThrowFormatError(AtTensor(path_, key_), "is in weight_map twice");
    }
  }

  [[noreturn]] void Fail(std::string_view what) const {
    ThrowFormatError(path_, "the index has {}; get the original index", what);
  }

  const std::string& path_;
  AllocationLimit& limit_;
  ShardIndex index_;
  std::map<std::string, size_t, std::less<>> shards_;  // by first occurrence
  std::string key_;
  size_t depth_ = 0;
  bool in_map_ = false;
  bool seen_map_ = false;
};

}  // namespace

ShardIndex ReadShardIndex(std::string_view json, const std::string& path,
                          AllocationLimit& limit) {
  if (json.size() > kMaxIndexSize) {
    ThrowFormatError(
        path,
        "is a JSON file of more than 8 MB, too large for a checkpoint index");
  }
  CheckJsonTokens(json, path);
  IndexReader reader(path, limit);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader).Result();
}

}  // namespace wsel::checkpoint
