#include "wsel/checkpoint/shard_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/checkpoint/json_tokens.h"
#include "wsel/checkpoint/mapped_checkpoint.h"
#include "wsel/checkpoint/refusal.h"
#include "wsel/checkpoint/utf8.h"

namespace wsel::checkpoint {
namespace {

constexpr size_t kLongest = 8U << 20U;
constexpr size_t kMaxShards = 1000;

// A file in the index's own folder, and nowhere else: an index is part of a
// download, and must not choose what else on this computer is opened.
void CheckShardName(std::string_view name, const std::string& path) {
  if (!IsTensorName(name) || name == "." || name == ".." ||
      name.find_first_of("/\\") != std::string_view::npos) {
    Refuse(path,
           fmt::format("weight_map names {}, which is no name of a file beside "
                       "the index; get the original index",
                       Quoted(name)));
  }
}

// Receives the JSON piece by piece, so that no document lies in memory. The
// names of the members are nlohmann's.
class IndexReader {
 public:
  IndexReader(const std::string& path, Allowance& allowance)
      : path_(path), allowance_(allowance) {}

  ShardIndex Result() && {
    if (!seen_map_) {
      Refuse(path_,
             "is a JSON file, not a checkpoint: it has no weight_map; name the "
             "file with the weights");
    }
    // Numbers in the order of names.
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
      if (std::exchange(seen_map_, true)) Bad("two weight_map");
      in_map_ = true;
    } else if (in_map_) {
      Bad("an object in weight_map");
    }
    return true;
  }
  bool end_object() {
    --depth_;
    in_map_ = false;
    return true;
  }
  bool start_array(size_t /*count*/) {
    if (in_map_) Bad("an array in weight_map");
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
    if (in_map_) Add(shard);
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
    Refuse(path_, fmt::format("byte {}: begins like JSON, but is none; a cut "
                              "or broken download looks like this",
                              position));
  }

 private:
  bool Other(bool in_map) const {
    if (in_map) Bad("something that is no file's name in weight_map");
    if (depth_ == 1 && key_ == "weight_map") {
      Bad("a weight_map that is no object");
    }
    return true;
  }

  void Add(const std::string& shard) {
    if (!IsTensorName(key_)) {
      Bad(
          fmt::format("the tensor {}: names are UTF-8 text of 1 to 1024 bytes "
                      "without control characters",
                      Quoted(key_)));
    }
    if (index_.shard_of.size() == kMaxTensors) {
      Bad(fmt::format("more than {} tensors", kMaxTensors));
    }
    allowance_.Spend(kCostOfEntry + key_.size(), AtTensor(path_, key_));
    auto known = shards_.find(shard);
    if (known == shards_.end()) {
      CheckShardName(shard, path_);
      if (shards_.size() == kMaxShards) {
        Bad(fmt::format("more than {} files", kMaxShards));
      }
      known = shards_.emplace(shard, shards_.size()).first;
    }
    if (!index_.shard_of.emplace(key_, known->second).second) {
      Refuse(AtTensor(path_, key_), "is in weight_map twice");
    }
  }

  [[noreturn]] void Bad(std::string_view what) const {
    Refuse(path_, fmt::format("the index holds {}; get the original", what));
  }

  const std::string& path_;
  Allowance& allowance_;
  ShardIndex index_;
  std::map<std::string, size_t, std::less<>> shards_;  // by first mention
  std::string key_;
  size_t depth_ = 0;
  bool in_map_ = false;
  bool seen_map_ = false;
};

}  // namespace

bool LooksLikeJsonObject(std::span<const std::byte> bytes) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min<size_t>(bytes.size(), 8));
  const size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && start[first] == '{' &&
         start.find('\0') == std::string_view::npos;
}

ShardIndex ReadShardIndex(std::string_view json, const std::string& path,
                          Allowance& allowance) {
  if (json.size() > kLongest) {
    Refuse(path,
           "is a JSON file of more than 8 MB, as no index of a checkpoint is");
  }
  CheckJsonTokens(json, path);
  IndexReader reader(path, allowance);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader).Result();
}

}  // namespace wsel::checkpoint
