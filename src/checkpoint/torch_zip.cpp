#include "torch_zip.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "json_metadata.h"
#include "locate_tensor.h"
#include "mapped_checkpoint.h"
#include "state_dict.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/checkpoint/pickle.h"
#include "zip.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

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
  ArchiveReader(Bytes file, const ZipArchive& zip, const std::string& path,
                AllocationLimit& limit)
      : file_(file),
        path_(path),
        zip_(zip),
        limit_(limit),
        root_(FindRoot(zip_, path)) {
    contents_.container =
        Record("constants.pkl") == nullptr && Record("bytecode.pkl") == nullptr
            ? Container::kTorchZip
            : Container::kTorchScript;
  }

  Contents Read() {
    CheckByteOrder();
    const Bytes pickle = zip_.Stored(*Record("data.pkl"));
    StateDict state =
        ReadStateDict(Pickle(pickle, path_, limit_), path_, limit_);
    if (state.tensors.empty() && state.unsupported.empty()) ThrowEmpty();
    contents_.unsupported = std::move(state.unsupported);
    for (PickledTensor& tensor : state.tensors) Add(tensor);
    contents_.metadata = std::move(state.metadata);
    AddOwnMetadata();
    KeepHeader(pickle);
    return std::move(contents_);
  }

 private:
  const ZipEntry* Record(std::string_view name) const {
    return zip_.Find(fmt::format("{}/{}", root_, name));
  }

  void CheckByteOrder() const {
    const ZipEntry* order = Record("byteorder");
    if (order != nullptr && TextOf(zip_.Stored(*order)) != "little") {
      ThrowFormatError(
          path_,
          fmt::format(
              "has byte order {}; save it again on a little-endian machine",
              Quoted(TextOf(zip_.Stored(*order)))));
    }
  }

  [[noreturn]] void ThrowEmpty() const {
    if (contents_.container == Container::kTorchZip) {
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
    ThrowFormatError(path_,
                     "is a frozen TorchScript archive, whose attributes hold "
                     "no tensors; use the model from before torch.jit.freeze");
  }

  // Lite-interpreter archives keep storages that code also uses in constants/.
  const ZipEntry& Storage(const PickledTensor& tensor) const {
    const ZipEntry* entry = Record(fmt::format("data/{}", tensor.storage));
    if (entry == nullptr && contents_.container == Container::kTorchScript) {
      entry = Record(fmt::format("constants/{}", tensor.storage));
    }
    if (entry == nullptr) {
      ThrowFormatError(
          AtTensor(path_, tensor.spec.name),
          fmt::format(
              "its storage {} is missing from the file; download it again",
              Quoted(fmt::format("data/{}", tensor.storage))));
    }
    return *entry;
  }

  void Add(PickledTensor& tensor) {
    contents_.locations.push_back(LocateTensor(
        tensor, zip_.Stored(Storage(tensor)), file_.size(), path_));
    contents_.specs.push_back(std::move(tensor.spec));
  }

  // The metadata that WriteTorchZip adds.
  void AddOwnMetadata() {
    constexpr size_t kMaxSize = 16U << 20U;
    const ZipEntry* record = Record("wsel/metadata.json");
    if (record == nullptr) return;
    const Bytes text = zip_.Stored(*record);
    const std::string where = path_ + ": wsel/metadata.json";
    if (text.size() > kMaxSize) ThrowFormatError(where, "is longer than 16 MB");
    auto own = ReadJsonMetadata(TextOf(text), where, limit_);
    own.merge(contents_.metadata);
    contents_.metadata = std::move(own);
  }

  // Includes the directory, which holds the checksums of all tensors.
  void KeepHeader(Bytes pickle) {
    auto& copy = contents_.header_copy;
    const size_t size = pickle.size() + zip_.directory().size();
    limit_.Charge(size, path_);
    copy.reserve(size);
    copy.assign(pickle.begin(), pickle.end());
    copy.insert(copy.end(), zip_.directory().begin(), zip_.directory().end());
    contents_.header = copy;
  }

  Bytes file_;
  std::string path_;
  const ZipArchive& zip_;
  AllocationLimit& limit_;
  std::string root_;
  Contents contents_;
};

}  // namespace

std::unique_ptr<Checkpoint> OpenTorchZip(std::unique_ptr<MappedFile> file,
                                         const ZipArchive& zip,
                                         AllocationLimit& limit) {
  Contents contents =
      ArchiveReader(file->bytes(), zip, file->path().string(), limit).Read();
  return std::make_unique<MappedCheckpoint>(std::move(file),
                                            std::move(contents));
}

}  // namespace wsel::checkpoint
