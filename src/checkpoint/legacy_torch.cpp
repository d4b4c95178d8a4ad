#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "byte_cursor.h"
#include "container_readers.h"
#include "state_dict.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/checkpoint/pickle.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;
using Kind = PickleNode::Kind;

// Reads one file from front to back.
class LegacyReader {
 public:
  LegacyReader(Bytes file, const std::string& path, AllocationLimit& limit)
      : file_(file),
        path_(path),
        limit_(limit),
        storages_(&limit),
        keys_(&limit) {}

  Contents Read() try {
    Skip(Pickle(Rest(), path_ + ": the magic number", limit_));
    ReadProtocol();
    ReadSysInfo();
    StateDict state = ReadObject();
    ReadKeys();
    ReadStorages();
    Contents contents = LocateTensors(
        std::move(state), [this](const auto& t) { return StorageOf(t); },
        file_.size(), path_);
    contents.container = Container::kLegacyTorch;
    contents.header = file_.first(offset_);
    return contents;
  } catch (const std::bad_alloc&) {
    ThrowFormatError(path_, kOverLimit);
  }

 private:
  struct Storage {
    PickledStorage declared;
    std::optional<Bytes> bytes;
  };

  Bytes Rest() const { return file_.subspan(offset_); }
  void Skip(const Pickle& pickle) { offset_ += pickle.size(); }

  void ReadProtocol() {
    constexpr int64_t kProtocol = 1001;
    const Pickle pickle(Rest(), path_ + ": the protocol version", limit_);
    const auto* protocol = std::get_if<int64_t>(&pickle.root());
    if (protocol == nullptr || *protocol != kProtocol) {
      ThrowFormatError(
          path_,
          "its protocol version is not {}; save it again with a newer torch",
          kProtocol);
    }
    Skip(pickle);
  }

  void ReadSysInfo() {
    const Pickle pickle(Rest(), path_ + ": sys_info", limit_);
    const PickleNode* info = NodeOf(pickle.root(), Kind::kDict);
    if (info == nullptr) {
      ThrowFormatError(path_, "its sys_info is not a dictionary");
    }
    for (size_t i = 0; i + 1 < info->items.size(); i += 2) {
      const auto* key = std::get_if<std::string_view>(&info->items[i]);
      const auto* little = std::get_if<bool>(&info->items[i + 1]);
      if (key != nullptr && *key == "little_endian" && little != nullptr &&
          !*little) {
        ThrowFormatError(
            path_,
            "holds big-endian data; save it again on a little-endian machine");
      }
    }
    Skip(pickle);
  }

  StateDict ReadObject() {
    const Pickle pickle(Rest(), path_, limit_);
    for (const PickleNode& node : pickle.nodes()) {
      if (node.kind != Kind::kPersistent) continue;
      const auto storage = ReadPickledStorage(node, path_);
      // The first tensor of a storage determines the element size.
      if (storage) storages_.emplace(storage->key, Storage{*storage, {}});
    }
    StateDict state = ReadStateDict(pickle, path_, limit_);
    if (state.tensors.empty() && state.unsupported.empty()) {
      ThrowFormatError(
          path_,
          "holds no tensors; save the model's state_dict() with torch.save");
    }
    Skip(pickle);
    return state;
  }

  void ReadKeys() {
    const Pickle pickle(Rest(), path_ + ": the storage keys", limit_);
    const PickleNode* list = NodeOf(pickle.root(), Kind::kList);
    if (list == nullptr) {
      ThrowFormatError(path_, "its storage keys are not a list");
    }
    for (const PickleValue& item : list->items) {
      const auto* key = std::get_if<std::string_view>(&item);
      const auto known =
          key == nullptr ? storages_.end() : storages_.find(*key);
      if (known == storages_.end()) {
        ThrowFormatError(path_, "lists a storage that no tensor uses");
      }
      keys_.push_back(&*known);
    }
    Skip(pickle);
  }

  void ReadStorages() {
    ByteCursor cursor(Rest(), path_ + ": the storages");
    for (auto* entry : keys_) ReadStorage(entry->second, cursor);
    if (cursor.remaining() > 0) {
      ThrowFormatError(path_,
                       "{} bytes follow the last storage; the file is not what "
                       "torch.save wrote",
                       cursor.remaining());
    }
  }

  void ReadStorage(Storage& storage, ByteCursor& cursor) const {
    const PickledStorage& declared = storage.declared;
    const std::string where =
        fmt::format("{}: storage {}", path_, Quoted(declared.key));
    if (storage.bytes) ThrowFormatError(where, "is in the file twice");
    const auto count = cursor.ReadInt<uint64_t>();
    if (count != static_cast<uint64_t>(declared.count)) {
      ThrowFormatError(
          where,
          "has {} elements, but {} are declared; download the file again",
          count, declared.count);
    }
    const uint64_t available = cursor.remaining() / declared.element_size;
    if (count > available) {
      ThrowFormatError(where,
                       "truncated: it has {} elements, the file has only {}; "
                       "download it again",
                       count, available);
    }
    storage.bytes = cursor.ReadBytes(count * declared.element_size);
  }

  Bytes StorageOf(const PickledTensor& tensor) const {
    const auto storage = storages_.find(tensor.storage);
    if (storage == storages_.end() || !storage->second.bytes) {
      ThrowFormatError(
          AtTensor(path_, tensor.spec.name),
          "its storage {} is missing from the file; download it again",
          Quoted(tensor.storage));
    }
    return *storage->second.bytes;
  }

  Bytes file_;
  std::string path_;
  AllocationLimit& limit_;
  size_t offset_ = 0;
  std::pmr::unordered_map<std::string_view, Storage> storages_;
  // In file order.
  std::pmr::vector<std::pair<const std::string_view, Storage>*> keys_;
};

}  // namespace

bool IsLegacyTorch(Bytes bytes) {
  // 0x1950a86a20f9469cfc6c as a LONG1 of ten bytes, after PROTO and, from
  // protocol 4 on, a FRAME with eight bytes of length.
  constexpr std::string_view kMagic =
      "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  constexpr std::byte kProto{0x80};
  constexpr std::byte kFrame{0x95};
  if (bytes.size() < 3 || bytes[0] != kProto) return false;
  const size_t at = bytes[2] == kFrame ? 11 : 2;
  const auto start = TextOf(bytes.first(std::min<size_t>(bytes.size(), 64)));
  return start.size() > at && start.substr(at).starts_with(kMagic);
}

Contents ReadLegacyTorch(const MappedFile& file, AllocationLimit& limit) {
  return LegacyReader(file.bytes(), file.path().string(), limit).Read();
}

}  // namespace wsel::checkpoint
