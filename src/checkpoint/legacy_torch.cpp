#include "wsel/checkpoint/legacy_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "wsel/checkpoint/byte_cursor.h"
#include "wsel/checkpoint/mapped_checkpoint.h"
#include "wsel/checkpoint/pickle.h"
#include "wsel/checkpoint/refusal.h"
#include "wsel/checkpoint/state_dict.h"
#include "wsel/checkpoint/storage_view.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;
using Kind = PickleNode::Kind;

// One file being read, from front to back.
class Legacy {
 public:
  Legacy(Bytes file, const std::string& path, Allowance& allowance)
      : file_(file),
        path_(path),
        allowance_(allowance),
        storages_(&allowance),
        keys_(&allowance) {}

  Contents Read() try {
    Skip(Pickle(Rest(), path_ + ": the magic number", allowance_));
    ReadProtocol();
    ReadMachine();
    StateDict state = ReadObject();
    ReadKeys();
    contents_.header = file_.first(offset_);
    ReadStorages();
    for (PickledTensor& tensor : state.tensors) Add(tensor);
    contents_.container = Container::kLegacyTorch;
    contents_.unread = std::move(state.unread);
    contents_.metadata = std::move(state.metadata);
    return std::move(contents_);
  } catch (const std::bad_alloc&) {
    Refuse(path_, kOverAllowance);
  }

 private:
  struct Storage {
    PickledStorage promised;
    std::optional<Bytes> bytes;
  };

  Bytes Rest() const { return file_.subspan(offset_); }
  void Skip(const Pickle& pickle) { offset_ += pickle.size(); }

  void ReadProtocol() {
    constexpr int64_t kProtocol = 1001;
    const Pickle pickle(Rest(), path_ + ": the protocol", allowance_);
    const auto* protocol = std::get_if<int64_t>(&pickle.root());
    if (protocol == nullptr || *protocol != kProtocol) {
      Refuse(path_, fmt::format("its protocol is not {}; save it again with a "
                                "newer torch",
                                kProtocol));
    }
    Skip(pickle);
  }

  void ReadMachine() {
    const Pickle pickle(Rest(), path_ + ": the machine", allowance_);
    const PickleNode* machine = NodeOf(pickle.root(), Kind::kDict);
    if (machine == nullptr) {
      Refuse(path_, "does not say what machine it was saved on");
    }
    for (size_t i = 0; i + 1 < machine->items.size(); i += 2) {
      const auto* key = std::get_if<std::string_view>(&machine->items[i]);
      const auto* little = std::get_if<bool>(&machine->items[i + 1]);
      if (key != nullptr && *key == "little_endian" && little != nullptr &&
          !*little) {
        Refuse(path_,
               "holds big-endian numbers; save it again on a little-endian "
               "machine");
      }
    }
    Skip(pickle);
  }

  StateDict ReadObject() {
    const Pickle pickle(Rest(), path_, allowance_);
    for (const PickleNode& node : pickle.nodes()) {
      if (node.kind != Kind::kPersistent) continue;
      const auto storage = ReadPickledStorage(node, path_);
      // Of several tensors the first decides how long the elements are.
      if (storage) storages_.emplace(storage->key, Storage{*storage, {}});
    }
    StateDict state = ReadStateDict(pickle, path_, allowance_);
    if (state.tensors.empty() && state.unread.empty()) {
      Refuse(path_,
             "holds no tensors; save the model's state_dict() with torch.save");
    }
    Skip(pickle);
    return state;
  }

  void ReadKeys() {
    const Pickle pickle(Rest(), path_ + ": the storage keys", allowance_);
    const PickleNode* list = NodeOf(pickle.root(), Kind::kList);
    if (list == nullptr) Refuse(path_, "does not list its storages");
    for (const PickleValue& item : list->items) {
      const auto* key = std::get_if<std::string_view>(&item);
      const auto known =
          key == nullptr ? storages_.end() : storages_.find(*key);
      if (known == storages_.end()) {
        Refuse(path_, "lists a storage that no tensor is in");
      }
      keys_.push_back(&*known);
    }
    Skip(pickle);
  }

  void ReadStorages() {
    ByteCursor cursor(Rest(), path_ + ": the storages");
    for (auto* entry : keys_) ReadStorage(entry->second, cursor);
    if (cursor.left() > 0) {
      Refuse(path_, fmt::format("{} bytes follow the last storage; the file is "
                                "not what torch.save wrote",
                                cursor.left()));
    }
  }

  void ReadStorage(Storage& storage, ByteCursor& cursor) const {
    const PickledStorage& promised = storage.promised;
    const std::string where =
        fmt::format("{}: storage {}", path_, Quoted(promised.key));
    if (storage.bytes) Refuse(where, "is in the file twice");
    const auto count = cursor.Little<uint64_t>();
    if (count != static_cast<uint64_t>(promised.count)) {
      Refuse(where, fmt::format("has {} elements where {} are promised; "
                                "download the file again",
                                count, promised.count));
    }
    const uint64_t most = cursor.left() / promised.element_size;
    if (count > most) {
      Refuse(where, fmt::format("truncated: it has {} elements, the file {}; "
                                "download it again",
                                count, most));
    }
    storage.bytes = cursor.Take(count * promised.element_size);
  }

  void Add(PickledTensor& tensor) {
    const auto storage = storages_.find(tensor.storage);
    if (storage == storages_.end() || !storage->second.bytes) {
      Refuse(AtTensor(path_, tensor.spec.name),
             fmt::format("its numbers, storage {}, are not in the file; "
                         "download it again",
                         Quoted(tensor.storage)));
    }
    contents_.places.push_back(
        PlaceTensor(tensor, *storage->second.bytes, file_.size(), path_));
    contents_.specs.push_back(std::move(tensor.spec));
  }

  Bytes file_;
  std::string path_;
  Allowance& allowance_;
  size_t offset_ = 0;
  std::pmr::unordered_map<std::string_view, Storage> storages_;
  // In the order of the file.
  std::pmr::vector<std::pair<const std::string_view, Storage>*> keys_;
  Contents contents_;
};

}  // namespace

bool IsLegacyTorch(Bytes bytes) {
  // 0x1950a86a20f9469cfc6c as LONG1 of ten bytes, behind PROTO and, from
  // protocol 4 on, a FRAME of eight bytes length.
  constexpr std::string_view kMagic =
      "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  constexpr std::byte kProto{0x80};
  constexpr std::byte kFrame{0x95};
  if (bytes.size() < 3 || bytes[0] != kProto) return false;
  const size_t at = bytes[2] == kFrame ? 11 : 2;
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min<size_t>(bytes.size(), 64));
  return start.size() > at && start.substr(at).starts_with(kMagic);
}

std::unique_ptr<Checkpoint> OpenLegacyTorch(std::unique_ptr<MappedFile> file,
                                            Allowance& allowance) {
  Contents contents =
      Legacy(file->bytes(), file->path().string(), allowance).Read();
  return std::make_unique<MappedCheckpoint>(std::move(file),
                                            std::move(contents));
}

}  // namespace wsel::checkpoint
