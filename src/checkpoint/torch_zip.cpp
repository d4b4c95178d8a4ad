#include "wsel/checkpoint/torch_zip.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wsel/checkpoint/mapped_checkpoint.h"
#include "wsel/checkpoint/pickle.h"
#include "wsel/checkpoint/refusal.h"
#include "wsel/checkpoint/state_dict.h"
#include "wsel/checkpoint/storage_view.h"
#include "wsel/checkpoint/string_map.h"
#include "wsel/checkpoint/zip.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The one folder that everything is in: "archive", or the name that the file
// had when it was saved.
std::string FindRoot(const ZipArchive& zip, const std::string& path) {
  constexpr std::string_view kPickle = "/data.pkl";
  std::string root;
  for (const ZipEntry& entry : zip.entries()) {
    if (!entry.name.ends_with(kPickle)) continue;
    const auto folder =
        entry.name.substr(0, entry.name.size() - kPickle.size());
    if (folder.find('/') != std::string_view::npos) continue;
    if (!root.empty()) {
      Refuse(path, "holds several checkpoints (data.pkl); unpack one");
    }
    root = folder;
  }
  if (root.empty()) {
    Refuse(path,
           "is a zip file, but not one of torch.save: it has no folder with a "
           "data.pkl; name the checkpoint that is inside, or download it "
           "again");
  }
  return root;
}

// One archive being read: the zip, and its tensors as they are found.
class Archive {
 public:
  Archive(Bytes file, const ZipArchive& zip, const std::string& path,
          Allowance& allowance)
      : file_(file),
        path_(path),
        zip_(zip),
        allowance_(allowance),
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
        ReadStateDict(Pickle(pickle, path_, allowance_), path_, allowance_);
    if (state.tensors.empty() && state.unread.empty()) RefuseEmpty();
    contents_.unread = std::move(state.unread);
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
      Refuse(path_, fmt::format("holds numbers of byte order {}; save it again "
                                "on a little-endian machine",
                                Quoted(TextOf(zip_.Stored(*order)))));
    }
  }

  [[noreturn]] void RefuseEmpty() const {
    if (contents_.container == Container::kTorchZip) {
      Refuse(path_,
             "holds no tensors; save the model's state_dict() with torch.save");
    }
    if (Record("bytecode.pkl") != nullptr) {
      Refuse(path_,
             "is a lite-interpreter model for phones: its weights are packed "
             "into constants, as integers where it is quantised, and have no "
             "names; use the checkpoint that it was made from");
    }
    Refuse(path_,
           "is a TorchScript archive whose attributes hold no tensors: it was "
           "frozen; use the model from before torch.jit.freeze");
  }

  // Lite-interpreter archives put a storage that code uses too with the
  // constants.
  const ZipEntry& Storage(const PickledTensor& tensor) const {
    const ZipEntry* entry = Record(fmt::format("data/{}", tensor.storage));
    if (entry == nullptr && contents_.container == Container::kTorchScript) {
      entry = Record(fmt::format("constants/{}", tensor.storage));
    }
    if (entry == nullptr) {
      Refuse(AtTensor(path_, tensor.spec.name),
             fmt::format("its numbers, {}, are not in the file; download it "
                         "again",
                         Quoted(fmt::format("data/{}", tensor.storage))));
    }
    return *entry;
  }

  void Add(PickledTensor& tensor) {
    contents_.places.push_back(
        PlaceTensor(tensor, zip_.Stored(Storage(tensor)), file_.size(), path_));
    contents_.specs.push_back(std::move(tensor.spec));
  }

  // What our own writer says of the file.
  void AddOwnMetadata() {
    constexpr size_t kLongest = 16U << 20U;
    const ZipEntry* record = Record("wsel/metadata.json");
    if (record == nullptr) return;
    const Bytes text = zip_.Stored(*record);
    const std::string where = path_ + ": wsel/metadata.json";
    if (text.size() > kLongest) Refuse(where, "is longer than 16 MB");
    auto own = ReadStringMap(TextOf(text), where, allowance_);
    own.merge(contents_.metadata);
    contents_.metadata = std::move(own);
  }

  // The directory counts too: it holds the checksums of all tensors.
  void KeepHeader(Bytes pickle) {
    auto& copy = contents_.header_copy;
    const size_t size = pickle.size() + zip_.directory().size();
    allowance_.Spend(size, path_);
    copy.reserve(size);
    copy.assign(pickle.begin(), pickle.end());
    copy.insert(copy.end(), zip_.directory().begin(), zip_.directory().end());
    contents_.header = copy;
  }

  Bytes file_;
  std::string path_;
  const ZipArchive& zip_;
  Allowance& allowance_;
  std::string root_;
  Contents contents_;
};

}  // namespace

std::unique_ptr<Checkpoint> OpenTorchZip(std::unique_ptr<MappedFile> file,
                                         const ZipArchive& zip,
                                         Allowance& allowance) {
  Contents contents =
      Archive(file->bytes(), zip, file->path().string(), allowance).Read();
  return std::make_unique<MappedCheckpoint>(std::move(file),
                                            std::move(contents));
}

}  // namespace wsel::checkpoint
