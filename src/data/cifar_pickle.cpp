#include "cifar_pickle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <span>
#include <string_view>

#include "pickled_numbers.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/checkpoint/pickle.h"
#include "wsel/core/mapped_file.h"

namespace wsel::data {
namespace {

using checkpoint::NodeOf;
using checkpoint::PickleNode;
using checkpoint::PickleValue;
using Kind = PickleNode::Kind;

constexpr int64_t kPixels = int64_t{3} * 32 * 32;

class CifarFile {
 public:
  explicit CifarFile(const std::filesystem::path& path)
      : where_(path.string()),
        file_(std::make_shared<const MappedFile>(path)),
        pickle_(file_->bytes(), where_, checkpoint::PickleOpcodes::kAll) {}

  // The value at `key` of the pickled dictionary.
  const PickleValue& At(std::string_view key) const {
    const PickleNode* dict = NodeOf(pickle_.root(), Kind::kDict);
    if (dict == nullptr) Fail("is a pickle, but not of a dictionary");
    for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
      if (PickledText(dict->items[i]) == key) return dict->items[i + 1];
    }
    Fail(fmt::format("the pickled dictionary has no '{}'", key));
  }

  // The integers at `key`: a list, tuple or array, of Python or numpy.
  std::vector<int32_t> Labels(const std::string& key) const {
    const auto numbers = NumbersOf(At(key), file_->bytes().size());
    if (!numbers || numbers->shape.size() != 1) {
      Fail(fmt::format("'{}' is not a list or an array of integers", key));
    }
    std::vector<int32_t> labels;
    for (const int64_t label : numbers->values) {
      if (label < 0 || label > 99) {
        Fail(fmt::format("'{}'[{}] is {}, not a label from 0 to 99", key,
                         labels.size(), label));
      }
      labels.push_back(static_cast<int32_t>(label));
    }
    return labels;
  }

  std::vector<std::string> Texts(const std::string& key) const {
    const PickleValue& value = At(key);
    const PickleNode* list = NodeOf(value, Kind::kList);
    if (list == nullptr) list = NodeOf(value, Kind::kTuple);
    if (list == nullptr) Fail(fmt::format("'{}' is not a list", key));
    std::vector<std::string> texts;
    for (const PickleValue& item : list->items) {
      auto text = PickledText(item);
      if (!text) Fail(fmt::format("'{}' is not a list of strings", key));
      texts.push_back(*std::move(text));
    }
    return texts;
  }

  // The pixels at "data", of shape [rows, 3072] or [rows, 3, 32, 32]: those of
  // the file if it has them as an array of bytes, else converted.
  Records Images(int64_t rows, const std::string& name) const {
    if (const auto array = BytesOf(At("data"))) {
      CheckShape(array->shape, rows);
      const Span bytes(reinterpret_cast<const uint8_t*>(array->bytes.data()),
                       array->bytes.size());
      if (array->owner != nullptr) return {name, bytes, array->owner};
      return {name, bytes, file_};
    }
    const auto numbers = NumbersOf(At("data"), file_->bytes().size());
    if (!numbers) {
      Fail(fmt::format("'data' is not an array of integers of shape [{}, {}]",
                       rows, kPixels));
    }
    CheckShape(numbers->shape, rows);
    auto pixels = std::make_shared<std::vector<uint8_t>>();
    pixels->reserve(numbers->values.size());
    for (const int64_t value : numbers->values) {
      if (value < 0 || value > 255) {
        Fail(fmt::format("'data' has the pixel {}, not from 0 to 255", value));
      }
      pixels->push_back(static_cast<uint8_t>(value));
    }
    const Span bytes(*pixels);
    return {name, bytes, std::move(pixels)};
  }

  [[noreturn]] void Fail(std::string_view message) const {
    checkpoint::ThrowFormatError(where_, message);
  }

 private:
  using Span = std::span<const uint8_t>;

  void CheckShape(const std::vector<int64_t>& shape, int64_t rows) const {
    if (shape == std::vector<int64_t>{rows, kPixels} ||
        shape == std::vector<int64_t>{rows, 3, 32, 32}) {
      return;
    }
    Fail(fmt::format("'data' has the shape [{}], not [{}, {}]",
                     fmt::join(shape, ", "), rows, kPixels));
  }

  std::string where_;
  std::shared_ptr<const MappedFile> file_;
  checkpoint::Pickle pickle_;
};

}  // namespace

CifarBatch ReadCifarBatch(const std::filesystem::path& path,
                          const std::string& labels_key) {
  const CifarFile file(path);
  CifarBatch batch;
  batch.labels = file.Labels(labels_key);
  batch.images = file.Images(static_cast<int64_t>(batch.labels.size()),
                             path.filename().string());
  return batch;
}

std::vector<std::string> ReadCifarClasses(const std::filesystem::path& path,
                                          const std::string& key) {
  return CifarFile(path).Texts(key);
}

}  // namespace wsel::data
