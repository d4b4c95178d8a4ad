#include "cifar_pickle.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "wsel/checkpoint/format_error.h"
#include "wsel/checkpoint/pickle.h"
#include "wsel/core/mapped_file.h"

namespace wsel::data {
namespace {

using checkpoint::NodeOf;
using checkpoint::PickleBytes;
using checkpoint::PickleNode;
using checkpoint::PickleValue;
using Kind = PickleNode::Kind;

constexpr int64_t kPixels = 3 * 32 * 32;

// A Python 2 str, which Python 3 reads as str or bytes.
std::optional<std::string_view> TextOf(const PickleValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  if (const auto* bytes = std::get_if<PickleBytes>(&value)) return bytes->bytes;
  return std::nullopt;
}

bool IsInteger(const PickleValue& value, int64_t expected) {
  const auto* integer = std::get_if<int64_t>(&value);
  return integer != nullptr && *integer == expected;
}

// Whether `value` is numpy.dtype("u1"), pickled as a call with the text and two
// flags.
bool IsByteType(const PickleValue& value) {
  const PickleNode* object = NodeOf(value, Kind::kObject);
  if (object == nullptr ||
      checkpoint::GlobalName(object->items[0]) != "numpy.dtype") {
    return false;
  }
  const PickleNode* arguments = NodeOf(object->items[1], Kind::kTuple);
  return arguments != nullptr && !arguments->items.empty() &&
         TextOf(arguments->items[0]) == "u1";
}

class CifarFile {
 public:
  explicit CifarFile(const std::filesystem::path& path)
      : where_(path.string()),
        file_(std::make_shared<const MappedFile>(path)),
        pickle_(file_->bytes(), where_) {}

  // The value at `key` of the pickled dictionary.
  const PickleValue& At(std::string_view key) const {
    const PickleNode* dict = NodeOf(pickle_.root(), Kind::kDict);
    if (dict == nullptr) Fail("is a pickle, but not of a dictionary");
    for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
      if (TextOf(dict->items[i]) == key) return dict->items[i + 1];
    }
    Fail(fmt::format("the pickled dictionary has no '{}'", key));
  }

  const PickleNode& ListAt(std::string_view key) const {
    const PickleNode* list = NodeOf(At(key), Kind::kList);
    if (list == nullptr) Fail(fmt::format("'{}' is not a list", key));
    return *list;
  }

  // The bytes of the array at "data", whose shape is [rows, 3072]. numpy
  // pickles the state of an array as: version, shape, dtype, whether it is in
  // Fortran order, bytes.
  std::string_view Array(int64_t rows) const {
    const PickleNode* object = NodeOf(At("data"), Kind::kObject);
    const PickleNode* state =
        object == nullptr ? nullptr : NodeOf(object->items[2], Kind::kTuple);
    if (state == nullptr || state->items.size() != 5) {
      Fail("'data' is not a numpy array like those of CIFAR");
    }
    const PickleNode* shape = NodeOf(state->items[1], Kind::kTuple);
    const auto* fortran_order = std::get_if<bool>(&state->items[3]);
    const bool is_false = (fortran_order != nullptr && !*fortran_order) ||
                          IsInteger(state->items[3], 0);  // Python 2's cPickle
    if (shape == nullptr || shape->items.size() != 2 ||
        !IsInteger(shape->items[0], rows) ||
        !IsInteger(shape->items[1], kPixels) || !IsByteType(state->items[2]) ||
        !is_false) {
      Fail(fmt::format("'data' is not an array of bytes of shape [{}, {}]",
                       rows, kPixels));
    }
    const auto bytes = TextOf(state->items[4]);
    if (!bytes || static_cast<int64_t>(bytes->size()) != rows * kPixels) {
      Fail("'data' does not have as many bytes as its shape needs");
    }
    return *bytes;
  }

  const std::shared_ptr<const MappedFile>& file() const { return file_; }
  [[noreturn]] void Fail(std::string_view message) const {
    checkpoint::ThrowFormatError(where_, message);
  }

 private:
  std::string where_;
  std::shared_ptr<const MappedFile> file_;
  checkpoint::Pickle pickle_;
};

}  // namespace

CifarBatch ReadCifarBatch(const std::filesystem::path& path,
                          const std::string& labels_key) {
  const CifarFile file(path);
  CifarBatch batch;
  for (const PickleValue& value : file.ListAt(labels_key).items) {
    const auto* label = std::get_if<int64_t>(&value);
    if (label == nullptr || *label < 0 || *label > 99) {
      file.Fail(fmt::format("'{}'[{}] is not a label from 0 to 99", labels_key,
                            batch.labels.size()));
    }
    batch.labels.push_back(static_cast<int32_t>(*label));
  }
  const std::string_view bytes =
      file.Array(static_cast<int64_t>(batch.labels.size()));
  batch.images = {
      path.filename().string(),
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
      file.file()};
  return batch;
}

std::vector<std::string> ReadCifarClasses(const std::filesystem::path& path,
                                          const std::string& key) {
  const CifarFile file(path);
  std::vector<std::string> classes;
  for (const PickleValue& value : file.ListAt(key).items) {
    const auto name = TextOf(value);
    if (!name) file.Fail(fmt::format("'{}' is not a list of strings", key));
    classes.emplace_back(*name);
  }
  return classes;
}

}  // namespace wsel::data
