// Torch-free.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tensor_layout.h"
#include "wsel/naming/export.h"
#include "wsel/naming/remap_state_dict.h"

namespace wsel::naming {

// The numbers that a pattern captured from a tensor's name, in order.
using Numbers = std::vector<std::string>;

// Matches a whole name. '#' matches a number and captures it, '%' matches one
// without capturing, and a final '*' matches any rest. Numbers have at most
// four digits and no leading zeros.
std::optional<Numbers> Match(std::string_view pattern, std::string_view name);

// Replaces each '#' of the pattern by the next number. There must be enough.
std::string Fill(std::string_view pattern, const Numbers& numbers);

// The part of timm's tensor that a source library's tensor is.
enum class Part {
  kWhole,
  kQuery,  // the first third of a fused qkv, along its first dimension
  kKey,
  kValue,
  kAddend,  // to be added to the whole
};

// The patterns of a tensor's names in the source library and in timm, with
// equally many '#'. If timm's has one more, the source library
// stacks all blocks along the first dimension.
struct Row {
  std::string source;
  std::string timm;
  TensorLayout layout = TensorLayout::kSame;
  Part part = Part::kWhole;
};

// Tensors of a source library that the supported models do not use.
struct IgnoredPattern {
  std::string pattern;
  std::string_view reason;
};

// Which models can be exported under a source's names.
enum class Exportable {
  kNone,
  kAll,
  kWithHead,
  kWithoutHead,
};

// The names of one library for one kind of model.
struct Source {
  std::string name;
  // Names that must be present or, after a '!', missing in this source's files.
  std::vector<std::string> markers;
  std::vector<Row> rows;
  std::vector<IgnoredPattern> ignored = {};
  PretrainedCfg pretrained_cfg = {};
  std::vector<std::string> warnings = {};
  // An additional condition on the file's tensors under `prefix`, or null.
  bool (*accepts)(const TensorSource& file,
                  const std::string& prefix) = nullptr;
  Naming naming = Naming::kTimm;
  Exportable exportable = Exportable::kNone;
};

// Whether the names of a file, all under `prefix`, are as the markers say.
bool HasMarkers(const Source& source, const std::string& prefix,
                const std::unordered_set<std::string_view>& names);

// Builds the rows of a table.
class Rows {
 public:
  explicit Rows(std::string prefix = "") : prefix_(std::move(prefix)) {}

  // A tensor.
  Rows& Add(std::string_view source, std::string_view timm,
            TensorLayout layout = TensorLayout::kSame,
            Part part = Part::kWhole);
  // The `weight` and `bias` of a layer.
  Rows& Layer(std::string_view source, std::string_view timm,
              TensorLayout weight = TensorLayout::kSame,
              Part part = Part::kWhole);
  // The same without the prefix.
  Rows& LayerWithoutPrefix(std::string_view source, std::string_view timm);

  std::vector<Row> Take() { return std::move(rows_); }

 private:
  std::string prefix_;
  std::vector<Row> rows_;
};

// All sources, the more specific ones first.
const std::vector<Source>& Sources();

// The sources of ViTs, by library.
void AddClipVit(std::vector<Source>& out);
void AddHuggingFaceVit(std::vector<Source>& out);
void AddHuggingFaceVitForms(std::vector<Source>& out);  // SigLIP, DINOv3, AIMv2
// BLIP, InternVL and RADIO; names that CLIP and ViT have too come first.
void AddHuggingFaceTowers(std::vector<Source>& out);
// Query, key and value as separate layers; `pattern` has a {} for their names.
void AddSeparateQkv(Rows& rows, const std::string& pattern,
                    const std::array<const char*, 3>& names);
void AddFlaxVit(std::vector<Source>& out);
void AddTimmVit(std::vector<Source>& out);

// timm's own names of a VisionTransformer, and of its Eva.
std::vector<Row> TimmVitRows(std::string_view prefix = "");
std::vector<Row> TimmEvaRows(std::string_view prefix = "");

// The names of a ConvNeXt; ConvNeXt V2 has them, too.
std::vector<Row> TimmConvNextRows(std::string_view prefix = "");
std::vector<Row> HuggingFaceConvNextRows(const std::string& prefix);
std::vector<Row> MetaConvNextRows();

// A ConvNextBackbone, or V2's: without the last norm, which becomes ones and
// zeros, and with norms of the stages' outputs, which are ignored.
Source HuggingFaceConvNextBackbone(const std::string& name,
                                   std::vector<Row> rows);

std::vector<Row> With(std::vector<Row> rows, const std::vector<Row>& more);

// A timm model as open_clip's image tower, of the markers, which are under
// "visual.trunk.", the rows of timm's names there, and the name of timm's
// classifier.
Source TimmTower(const std::string& name,
                 const std::vector<std::string>& markers, std::vector<Row> rows,
                 const std::string& head);

// Only models with a head are exported under a prefix, the model's `own`.
Exportable ExportableUnder(const std::string& prefix, const std::string& own);

// DINOv2 with registers has positions for class token and patches, timm's model
// only for patches: changes the position embedding's row to those of the
// patches and adds a row that adds the class token's position to the token.
void AddClassPosition(std::vector<Row>& rows);

// Means and standard deviations of the training images.
inline constexpr PretrainedCfg kImageNet = {.mean = {{0.485, 0.456, 0.406}},
                                            .std = {{0.229, 0.224, 0.225}}};
inline constexpr PretrainedCfg kInception = {.mean = {{0.5, 0.5, 0.5}},
                                             .std = {{0.5, 0.5, 0.5}}};
inline constexpr PretrainedCfg kClip = {
    .mean = {{0.48145466, 0.4578275, 0.40821073}},
    .std = {{0.26862954, 0.26130258, 0.27577711}}};
// Pixels from 0 to 1.
inline constexpr PretrainedCfg kUnit = {.mean = {{0, 0, 0}},
                                        .std = {{1, 1, 1}}};

inline PretrainedCfg WithEps(PretrainedCfg cfg, double eps) {
  cfg.norm_eps = eps;
  return cfg;
}

// Reasons to ignore a tensor.
inline constexpr std::string_view kMasks =
    "the mask token, used only in pre-training";
inline constexpr std::string_view kDecoder =
    "part of the decoder, used only in pre-training";
inline constexpr std::string_view kFixedPositions =
    "fixed rotary positions, which are computed";
inline constexpr std::string_view kPreLogits =
    "a hidden layer before the head, which timm ignores too";
inline constexpr std::string_view kText =
    "part of the text tower or of the contrastive loss; only the image tower "
    "is used";

}  // namespace wsel::naming
