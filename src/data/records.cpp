#include "records.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"

namespace wsel::data {
namespace {

// The location of a sample.
struct RecordRef {
  const Records* part;
  size_t record;
};

class RecordSet {
 public:
  RecordSet(std::vector<Records> parts, const RecordLayout& layout)
      : parts_(std::move(parts)), layout_(layout) {}

  size_t Count() const {
    size_t count = 0;
    for (const Records& part : parts_) count += CountOf(part);
    return count;
  }

  RecordRef At(int64_t i) const {
    auto record = static_cast<size_t>(i);
    for (const Records& part : parts_) {
      if (record < CountOf(part)) return {&part, record};
      record -= CountOf(part);
    }
    throw std::out_of_range("no such sample");
  }

  std::string Filename(int64_t i) const {
    const RecordRef ref = At(i);
    return fmt::format("{}[{}]", ref.part->name, ref.record);
  }

  image::Image Decode(int64_t i) const {
    const RecordRef ref = At(i);
    const uint8_t* from = ref.part->bytes.data() +
                          ref.record * layout_.RecordBytes() + layout_.prefix;
    const size_t size = static_cast<size_t>(layout_.size);
    const size_t plane = layout_.pixels == PixelLayout::kGrey ? 0 : size * size;
    const bool columns = layout_.pixels == PixelLayout::kColumnPlanes;
    image::Image image(layout_.size, layout_.size);
    uint8_t* to = image.bytes().data();
    for (size_t y = 0; y < size; ++y) {
      for (size_t x = 0; x < size; ++x) {
        const uint8_t* pixel = from + (columns ? x * size + y : y * size + x);
        for (size_t c = 0; c < 3; ++c) *to++ = pixel[c * plane];
      }
    }
    return image;
  }

 private:
  size_t CountOf(const Records& part) const {
    return part.bytes.size() / layout_.RecordBytes();
  }

  std::vector<Records> parts_;
  RecordLayout layout_;
};

}  // namespace

size_t RecordLayout::RecordBytes() const {
  const size_t channels = pixels == PixelLayout::kGrey ? 1 : 3;
  return prefix +
         channels * static_cast<size_t>(size) * static_cast<size_t>(size);
}

Records MapRecords(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  return {path.filename().string(),
          {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
          file};
}

Dataset DatasetOfRecords(std::string name, std::vector<std::string> classes,
                         std::vector<int32_t> labels,
                         std::vector<Records> parts,
                         const RecordLayout& layout) {
  for (const Records& part : parts) {
    if (part.bytes.size() % layout.RecordBytes() == 0) continue;
    throw Error(ErrorKind::kFormat, part.name,
                "has {} bytes, not a multiple of the {} bytes of a record: the "
                "file is truncated",
                part.bytes.size(), layout.RecordBytes());
  }
  const std::string where = parts.empty() ? name : parts.front().name;
  const auto records =
      std::make_shared<const RecordSet>(std::move(parts), layout);
  if (records->Count() != labels.size() || labels.empty()) {
    throw Error(ErrorKind::kFormat, where, "{} has {} images and {} labels",
                name, records->Count(), labels.size());
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && static_cast<size_t>(labels[i]) < classes.size()) {
      continue;
    }
    throw Error(ErrorKind::kFormat, records->Filename(static_cast<int64_t>(i)),
                "label {} is out of range for {} classes", labels[i],
                classes.size());
  }
  return {std::move(name), std::move(classes), std::move(labels),
          [records](int64_t i) { return records->Decode(i); },
          [records](int64_t i) { return records->Filename(i); }};
}

}  // namespace wsel::data
