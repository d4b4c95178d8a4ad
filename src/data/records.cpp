#include "records.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "wsel/core/error.h"

namespace wsel::data {
namespace {

// Where sample i lies: in a file, at a record of it.
struct Place {
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

  Place At(int64_t i) const {
    auto record = static_cast<size_t>(i);
    for (const Records& part : parts_) {
      if (record < CountOf(part)) return {&part, record};
      record -= CountOf(part);
    }
    throw std::out_of_range("no such sample");
  }

  std::string Origin(int64_t i) const {
    const Place place = At(i);
    return fmt::format("{}[{}]", place.part->name, place.record);
  }

  image::Image Picture(int64_t i) const;

 private:
  size_t CountOf(const Records& part) const {
    return part.bytes.size() / layout_.RecordBytes();
  }

  std::vector<Records> parts_;
  RecordLayout layout_;
};

image::Image RecordSet::Picture(int64_t i) const {
  const Place place = At(i);
  const uint8_t* from = place.part->bytes.data() +
                        place.record * layout_.RecordBytes() + layout_.prefix;
  const size_t size = static_cast<size_t>(layout_.size);
  const size_t plane = layout_.pixels == Pixels::kGrey ? 0 : size * size;
  const bool columns = layout_.pixels == Pixels::kColumnPlanes;
  image::Image picture(layout_.size, layout_.size);
  uint8_t* to = picture.bytes().data();
  for (size_t y = 0; y < size; ++y) {
    for (size_t x = 0; x < size; ++x) {
      const uint8_t* pixel = from + (columns ? x * size + y : y * size + x);
      for (size_t c = 0; c < 3; ++c) *to++ = pixel[c * plane];
    }
  }
  return picture;
}

}  // namespace

size_t RecordLayout::PixelBytes() const {
  const size_t channels = pixels == Pixels::kGrey ? 1 : 3;
  return channels * static_cast<size_t>(size) * static_cast<size_t>(size);
}

Dataset OfRecords(std::string name, std::vector<std::string> classes,
                  std::vector<int32_t> labels, std::vector<Records> parts,
                  const RecordLayout& layout) {
  for (const Records& part : parts) {
    if (part.bytes.size() % layout.RecordBytes() == 0) continue;
    throw Error(ErrorKind::kFormat, part.name,
                fmt::format("{} bytes are no whole number of records of {} "
                            "bytes: the file is cut short",
                            part.bytes.size(), layout.RecordBytes()));
  }
  const std::string where = parts.empty() ? name : parts.front().name;
  const auto records =
      std::make_shared<const RecordSet>(std::move(parts), layout);
  if (records->Count() != labels.size() || labels.empty()) {
    throw Error(ErrorKind::kFormat, where,
                fmt::format("{} has {} pictures and {} labels", name,
                            records->Count(), labels.size()));
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && static_cast<size_t>(labels[i]) < classes.size()) {
      continue;
    }
    throw Error(ErrorKind::kFormat, records->Origin(static_cast<int64_t>(i)),
                fmt::format("label {} is none of {} classes", labels[i],
                            classes.size()));
  }
  Dataset set;
  set.name = std::move(name);
  set.classes = std::move(classes);
  set.labels = std::move(labels);
  set.picture = [records](int64_t i) { return records->Picture(i); };
  set.origin = [records](int64_t i) { return records->Origin(i); };
  return set;
}

}  // namespace wsel::data
