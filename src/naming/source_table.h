// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layout.h"
#include "wsel/naming/adapt.h"
#include "wsel/naming/export.h"

namespace wsel::naming {

// What of timm's tensor a foreign one is.
enum class Part {
  kWhole,
  kQuery,  // the first third of a fused qkv, along its first dimension
  kKey,
  kValue,
  kAddend,  // to be added to the whole
};

// A foreign tensor and timm's; patterns as in pattern.h, with as many '#' on
// the left as on the right. Where the right has one more, the foreign tensor
// holds all blocks along its first dimension.
struct Row {
  std::string theirs;
  std::string timm;
  Layout layout = Layout::kSame;
  Part part = Part::kWhole;
};

// Tensors that belong to a source and are no weights of a model here.
struct Without {
  std::string theirs;
  std::string_view reason;
};

// Which models are written under a source's names.
enum class Writes {
  kNothing,
  kAll,
  kWithHead,
  kWithoutHead,
};

// One program's names for one family of models.
struct Source {
  std::string name;
  // Tensors that tell the source, each there or, with a '!', not there.
  std::vector<std::string> markers;
  std::vector<Row> rows;
  std::vector<Without> without;
  Facts facts = {};
  std::vector<std::string> doubts = {};
  // One more condition on the file's tensors under `prefix`, or null.
  bool (*accepts)(const TensorSource& file,
                  const std::string& prefix) = nullptr;
  Naming naming = Naming::kTimm;
  Writes writes = Writes::kNothing;
};

// Adds rows to a table.
class Rows {
 public:
  explicit Rows(std::string prefix = "") : prefix_(std::move(prefix)) {}

  // A tensor.
  Rows& Add(std::string_view theirs, std::string_view timm,
            Layout layout = Layout::kSame, Part part = Part::kWhole);
  // The `weight` and the `bias` of a layer.
  Rows& Layer(std::string_view theirs, std::string_view timm,
              Layout weight = Layout::kSame, Part part = Part::kWhole);
  // The same, for names that the prefix does not apply to.
  Rows& Outside(std::string_view theirs, std::string_view timm);

  std::vector<Row> Take() { return std::move(rows_); }

 private:
  std::string prefix_;
  std::vector<Row> rows_;
};

// All sources, the more particular ones first.
const std::vector<Source>& Sources();

// The tables of one program each, for Sources().
void AddTimm(std::vector<Source>& out);
void AddClip(std::vector<Source>& out);
void AddHuggingFace(std::vector<Source>& out);
void AddTorchvision(std::vector<Source>& out);
void AddMeta(std::vector<Source>& out);
void AddFlax(std::vector<Source>& out);

// timm's own names.
std::vector<Row> TimmVitRows(std::string_view prefix = "");
std::vector<Row> TimmConvNextRows(std::string_view prefix = "");

// DINOv2's registers have no position, so timm's model adds positions to
// patches alone: the row of the position embedding gives those, and one more
// adds the class token's to the token.
void FoldClassPosition(std::vector<Row>& rows);

// Means and deviations of pictures.
Facts ImageNetPictures();
Facts InceptionPictures();  // 0.5 all
Facts ClipPictures();

}  // namespace wsel::naming
