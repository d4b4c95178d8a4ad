#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "byte_cursor.h"
#include "container_readers.h"
#include "shard_index.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/core/error.h"

namespace wsel::checkpoint {
namespace {

using Shards = std::vector<std::unique_ptr<Checkpoint>>;

// A shard may be a link to anywhere, as in Hugging Face's cache: its name is
// one in the index's folder (ReadShardIndex), so who made the link chose the
// file, not the index.
std::filesystem::path Locate(const std::filesystem::path& index,
                             const std::string& name) {
  auto shard = index.parent_path() / name;
  std::error_code ignored;
  if (!std::filesystem::exists(shard, ignored)) {
    ThrowFormatError(
        index.string(),
        "the listed file {} is not in the same folder; download it too",
        Quoted(name));
  }
  return shard;
}

Container ContainerOf(const Shards& shards, const std::string& path) {
  const auto all = [&](auto... kinds) {
    return std::ranges::all_of(shards, [&](const auto& shard) {
      return ((shard->container() == kinds) || ...);
    });
  };
  if (all(Container::kSafetensors)) return Container::kShardedSafetensors;
  if (all(Container::kTorchZip, Container::kLegacyTorch)) {
    return Container::kShardedTorch;
  }
  ThrowFormatError(
      path, "lists files that are neither all safetensors nor all torch files");
}

class ShardedCheckpoint final : public Checkpoint {
 public:
  ShardedCheckpoint(std::unique_ptr<MappedFile> file, ShardIndex index,
                    Shards shards, AllocationLimit& limit)
      : file_(std::move(file)),
        shards_(std::move(shards)),
        container_(ContainerOf(shards_, path().string())) {
    for (size_t i = 0; i < shards_.size(); ++i) Take(index, i, limit);
    for (const auto& [name, shard] : index.shard_of) {
      AddMissing(name, shard, limit);
    }
    std::ranges::sort(unsupported_, {}, &UnsupportedTensor::name);
    KeepHeaders(limit);
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    return ShardOf(name).View(name);
  }
  void Release(std::string_view name) const override {
    ShardOf(name).Release(name);
  }

  Container container() const override { return container_; }
  const std::filesystem::path& path() const override { return file_->path(); }
  std::vector<std::filesystem::path> files() const override {
    std::vector<std::filesystem::path> files = {path()};
    for (const auto& shard : shards_) files.push_back(shard->path());
    return files;
  }
  uint64_t file_size() const override {
    uint64_t size = file_->bytes().size();
    for (const auto& shard : shards_) size += shard->file_size();
    return size;
  }
  std::span<const std::byte> header() const override { return header_; }
  const std::map<std::string, std::string>& metadata() const override {
    return metadata_;
  }
  const std::vector<UnsupportedTensor>& unsupported() const override {
    return unsupported_;
  }

 private:
  // Removes the shard's tensors from the index: what remains is in no file.
  // What is in a file counts, wherever an older index lists it.
  void Take(ShardIndex& index, size_t i, AllocationLimit& limit) {
    const Checkpoint& shard = *shards_[i];
    for (const TensorSpec& spec : shard.Specs()) {
      limit.Charge(kBytesPerTensor + spec.name.size() +
                       spec.shape.size() * sizeof(int64_t),
                   AtTensor(path().string(), spec.name));
      TakeName(index, spec.name, i);
      specs_.push_back(spec);
    }
    for (const UnsupportedTensor& unsupported : shard.unsupported()) {
      limit.Charge(
          kBytesPerTensor + unsupported.name.size() + unsupported.reason.size(),
          AtTensor(path().string(), unsupported.name));
      TakeName(index, unsupported.name, i);
      unsupported_.push_back(unsupported);
    }
    for (const auto& [key, value] : shard.metadata()) {
      limit.Charge(kBytesPerEntry + key.size() + value.size(), path().string());
      metadata_.emplace(key, value);
    }
  }

  void TakeName(ShardIndex& index, const std::string& name, size_t i) {
    const auto entry = index.shard_of.find(name);
    const auto taken = shard_of_.find(name);
    if (taken != shard_of_.end()) {
      ThrowFormatError(
          AtTensor(path().string(), name),
          "is in {} and in {}; delete files left from another download",
          NameOf(taken->second), NameOf(i));
    }
    shard_of_.emplace(name, i);
    if (entry != index.shard_of.end()) index.shard_of.erase(entry);
  }

  void AddMissing(const std::string& name, size_t shard,
                  AllocationLimit& limit) {
    std::string reason = fmt::format(
        "weight_map lists it in {}, but it is in no file", NameOf(shard));
    limit.Charge(kBytesPerTensor + name.size() + reason.size(),
                 AtTensor(path().string(), name));
    unsupported_.push_back({name, std::move(reason)});
  }

  std::string NameOf(size_t shard) const {
    return Quoted(shards_[shard]->path().filename().string());
  }

  void KeepHeaders(AllocationLimit& limit) {
    size_t size = file_->bytes().size();
    for (const auto& shard : shards_) size += shard->header().size();
    limit.Charge(size, path().string());
    header_.reserve(size);
    header_.assign(file_->bytes().begin(), file_->bytes().end());
    for (const auto& shard : shards_) {
      const auto header = shard->header();
      header_.insert(header_.end(), header.begin(), header.end());
    }
  }

  const Checkpoint& ShardOf(std::string_view name) const {
    const auto found = shard_of_.find(std::string(name));
    if (found == shard_of_.end()) {
      for (const UnsupportedTensor& missing : unsupported_) {
        if (missing.name != name) continue;
        ThrowFormatError(AtTensor(path().string(), name), missing.reason);
      }
      throw Error(ErrorKind::kMismatch, AtTensor(path().string(), name),
                  "no such tensor; see `wsel inspect`");
    }
    return *shards_[found->second];
  }

  std::unique_ptr<MappedFile> file_;
  Shards shards_;
  Container container_;
  std::vector<TensorSpec> specs_;
  std::vector<UnsupportedTensor> unsupported_;
  std::unordered_map<std::string, size_t> shard_of_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::byte> header_;
};

}  // namespace

std::unique_ptr<Checkpoint> OpenSharded(std::unique_ptr<MappedFile> index,
                                        OpenShard open,
                                        AllocationLimit& limit) {
  const std::string path = index->path().string();
  ShardIndex parsed = ReadShardIndex(TextOf(index->bytes()), path, limit);
  if (parsed.shards.empty()) ThrowFormatError(path, "its weight_map is empty");
  Shards shards;
  for (const std::string& name : parsed.shards) {
    shards.push_back(open(Locate(index->path(), name), limit));
  }
  return std::make_unique<ShardedCheckpoint>(
      std::move(index), std::move(parsed), std::move(shards), limit);
}

}  // namespace wsel::checkpoint
