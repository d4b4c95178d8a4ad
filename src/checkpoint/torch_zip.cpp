#include <fmt/format.h>

#include <utility>

#include "byte_cursor.h"
#include "container_readers.h"
#include "state_dict.h"
#include "traced_code.h"
#include "untrusted_json.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/checkpoint/pickle.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

// The top-level folder: "archive", or the file's name when it was saved.
std::string FindRoot(const ZipArchive& zip, const std::string& path) {
  constexpr std::string_view kPickle = "/data.pkl";
  std::string root;
  for (const ZipEntry& entry : zip.entries()) {
    if (!entry.name.ends_with(kPickle)) continue;
    const auto folder =
        entry.name.substr(0, entry.name.size() - kPickle.size());
    if (folder.find('/') != std::string_view::npos) continue;
    if (!root.empty()) {
      ThrowFormatError(path,
                       "holds several checkpoints (data.pkl); unpack one");
    }
    root = folder;
  }
  if (root.empty()) {
    ThrowFormatError(
        path,
        "is a zip file, but not one of torch.save: it has no folder with a "
        "data.pkl; use the checkpoint inside, or download it again");
  }
  return root;
}

// Reads one archive.
class ArchiveReader {
 public:
  ArchiveReader(const MappedFile& file, const ZipArchive& zip,
                AllocationLimit& limit)
      : file_size_(file.bytes().size()),
        path_(file.path().string()),
        zip_(zip),
        limit_(limit),
        root_(FindRoot(zip_, path_)),
        is_script_(Record("constants.pkl") != nullptr ||
                   Record("bytecode.pkl") != nullptr) {}

  Contents Read() {
    CheckByteOrder();
    const Bytes pickle = zip_.Stored(*Record("data.pkl"));
    StateDict state = ReadPickle(pickle);
    if (state.tensors.empty() && state.unsupported.empty()) {
      state = ReadConstants();
    }
    if (state.tensors.empty() && state.unsupported.empty()) ThrowEmpty();
    Contents contents = LocateTensors(
        std::move(state), [this](const auto& t) { return StorageOf(t); },
        file_size_, path_);
    contents.container =
        is_script_ ? Container::kTorchScript : Container::kTorchZip;
    if (is_script_) AddTracedHeads(contents.metadata);
    AddOwnMetadata(contents.metadata);
    KeepHeader(pickle, contents);
    return contents;
  }

 private:
  StateDict ReadPickle(Bytes pickle) {
    return ReadStateDict(Pickle(pickle, path_, limit_), path_, limit_);
  }

  // A frozen module has no attributes: its weights are constants of its code.
  StateDict ReadConstants() {
    const ZipEntry* constants = Record("constants.pkl");
    if (constants == nullptr || Record("bytecode.pkl") != nullptr) return {};
    StateDict state = ReadPickle(zip_.Stored(*constants));
    const auto add_prefix = [&](std::string& name) {
      limit_.Charge(kFrozenPrefix.size(), path_);
      name.insert(0, kFrozenPrefix);
    };
    for (PickledTensor& tensor : state.tensors) add_prefix(tensor.spec.name);
    for (UnsupportedTensor& tensor : state.unsupported) add_prefix(tensor.name);
    return state;
  }

  const ZipEntry* Record(std::string_view name) const {
    return zip_.Find(fmt::format("{}/{}", root_, name));
  }

  void CheckByteOrder() const {
    const ZipEntry* order = Record("byteorder");
    if (order != nullptr && TextOf(zip_.Stored(*order)) != "little") {
      ThrowFormatError(
          path_, "has byte order {}; save it again on a little-endian machine",
          Quoted(TextOf(zip_.Stored(*order))));
    }
  }

  [[noreturn]] void ThrowEmpty() const {
    if (!is_script_) {
      ThrowFormatError(
          path_,
          "holds no tensors; save the model's state_dict() with torch.save");
    }
    if (Record("bytecode.pkl") != nullptr) {
      ThrowFormatError(
          path_,
          "is a lite-interpreter model for phones: its weights are packed into "
          "unnamed constants, as integers if it is quantised; use the "
          "checkpoint that it was exported from");
    }
    ThrowFormatError(path_, "is a TorchScript archive without tensors");
  }

  // Lite-interpreter archives keep storages that code also uses in constants/.
  Bytes StorageOf(const PickledTensor& tensor) const {
    const ZipEntry* entry = Record(fmt::format("data/{}", tensor.storage));
    if (entry == nullptr && is_script_) {
      entry = Record(fmt::format("constants/{}", tensor.storage));
    }
    if (entry == nullptr) {
      ThrowFormatError(
          AtTensor(path_, tensor.spec.name),
          "its storage {} is missing from the file; download it again",
          Quoted(fmt::format("data/{}", tensor.storage)));
    }
    return zip_.Stored(*entry);
  }

  void AddTracedHeads(Metadata& metadata) {
    const auto heads = TracedHeads(zip_, root_, path_, limit_);
    if (!heads) return;
    limit_.Charge(kBytesPerEntry, path_);
    metadata.emplace(kTracedHeads, std::to_string(*heads));
  }

  // The metadata that WriteTorchZip adds.
  void AddOwnMetadata(Metadata& metadata) {
    constexpr size_t kMaxSize = 16U << 20U;
    const ZipEntry* record = Record("wsel/metadata.json");
    if (record == nullptr) return;
    const Bytes text = zip_.Stored(*record);
    const std::string where = path_ + ": wsel/metadata.json";
    if (text.size() > kMaxSize) ThrowFormatError(where, "is longer than 16 MB");
    auto own = ReadJsonMetadata(TextOf(text), where, limit_);
    own.merge(metadata);
    metadata = std::move(own);
  }

  // Includes the directory, which holds the checksums of all tensors.
  void KeepHeader(Bytes pickle, Contents& contents) {
    auto& copy = contents.header_copy;
    const size_t size = pickle.size() + zip_.directory().size();
    limit_.Charge(size, path_);
    copy.reserve(size);
    copy.assign(pickle.begin(), pickle.end());
    copy.insert(copy.end(), zip_.directory().begin(), zip_.directory().end());
    contents.header = copy;
  }

  uint64_t file_size_;
  std::string path_;
  const ZipArchive& zip_;
  AllocationLimit& limit_;
  std::string root_;
  bool is_script_;
};

}  // namespace

Contents ReadTorchZip(const MappedFile& file, const ZipArchive& zip,
                      AllocationLimit& limit) {
  return ArchiveReader(file, zip, limit).Read();
}

}  // namespace wsel::checkpoint
