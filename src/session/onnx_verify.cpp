#include "wsel/session/onnx_verify.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model_images.h"
#include "wsel/checkpoint/npy_writer.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/scratch_folder.h"
#include "wsel/data/subset.h"
#include "wsel/nn/build.h"
#include "wsel/onnx/model_file.h"
#include "wsel/session/onnx_runtime.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/image_batches.h"

namespace wsel::session {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What the files are compared on.
struct Reference {
  std::string images;  // for people
  at::Tensor pixels;   // [N, H, W, in_chans] float32, 0 to 255
  at::Tensor logits;   // [N, classes]
  Json labels;         // of outputs; null: unknown
};

class ReferenceMaker {
 public:
  explicit ReferenceMaker(const OnnxExport& exported)
      : exported_(exported),
        mean_(train::PerChannel(exported.facts().mean_std.mean.value, c10::kCPU,
                                InChans(exported.facts().model))),
        std_(train::PerChannel(exported.facts().mean_std.std.value, c10::kCPU,
                               InChans(exported.facts().model))) {
    model_ = nn::Build(exported.facts().model);
    Load(model_, exported.weights());
  }

  // Images [B, in_chans, H, W], normalised. Pixels were whole numbers.
  void Add(const at::Tensor& images) {
    const at::NoGradGuard no_grad;
    const auto pixels = ((images * std_ + mean_) * 255).round();
    pixels_.push_back(pixels.permute({0, 2, 3, 1}));
    logits_.push_back(model_.forward(images));
  }

  void AddRandom(int64_t count) {
    const HeightWidth size = ImageSize(exported_.facts().model);
    const auto pixels = at::randint(
        0, 256,
        {count, InChans(exported_.facts().model), size.height, size.width},
        at::detail::createCPUGenerator(0), at::kFloat);
    Add((pixels / 255 - mean_) / std_);
  }

  Reference Take(std::string images, Json labels) const {
    return {std::move(images), at::cat(pixels_).contiguous(),
            at::cat(logits_).contiguous(), std::move(labels)};
  }

 private:
  const OnnxExport& exported_;
  at::Tensor mean_;
  at::Tensor std_;
  nn::Model model_;
  std::vector<at::Tensor> pixels_;
  std::vector<at::Tensor> logits_;
};

Reference OfTestSplit(const OnnxExport& exported, int64_t max_images,
                      const OnProgress& progress) {
  data::DataOptions options = exported.options().data;
  options.in_chans = InChans(exported.facts().model);
  data::Dataset test = OpenTestSplit(options);
  if (test.size() > max_images) {
    test = data::Subset(test, {.count = max_images}, options.subset_seed);
  }
  // Without a match by name or position there is no accuracy, only agreement.
  // Nor with several labels per image, which have no top-1.
  const auto outputs = test.multi_label() ? std::vector<int64_t>{}
                                          : exported.OutputsOf(test.classes);
  ReferenceMaker maker(exported);
  Json labels = outputs.empty() ? Json(nullptr) : Json::array();
  int64_t count = 0;
  ForEachBatch(
      test, exported.facts(),
      {.workers = static_cast<int>(options.workers),
       .skip_corrupt = options.skip_corrupt,
       .title = "verify"},
      progress,
      [&](const at::Tensor& images, const std::vector<int64_t>& indices) {
        maker.Add(images);
        count += images.size(0);
        for (const int64_t i : indices) {
          if (outputs.empty()) break;
          const int32_t label = test.labels.at(static_cast<size_t>(i));
          labels.push_back(outputs.at(static_cast<size_t>(label)));
        }
      });
  if (count == 0) {
    throw Error(ErrorKind::kFormat, test.name, "has no image that can be read");
  }
  return maker.Take(fmt::format("{} images of {}", count, test.name), labels);
}

Reference OfRandomImages(const OnnxExport& exported) {
  constexpr int64_t kCount = 8;
  ReferenceMaker maker(exported);
  maker.AddRandom(kCount);
  return maker.Take(fmt::format("{} random images", kCount), nullptr);
}

void WriteTensor(const fs::path& path, const at::Tensor& tensor) {
  checkpoint::WriteNpy(
      path, tensor.sizes().vec(),
      {tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel())});
}

// The files of the job: a float32 one for comparison, then `written`.
Verification NameFiles(const OnnxExport& exported, const fs::path& float_file,
                       const fs::path& written, Json& files) {
  Verification result;
  if (exported.KindName() != "float32") {
    onnx::WriteModel(float_file,
                     exported.BuildGraph(OnnxExport::Kind::kFloat32,
                                         OnnxExport::Input::kAsWritten),
                     {});
    result.files.push_back({.name = "float32"});
    files.push_back(float_file.string());
  }
  result.files.push_back({.name = exported.KindName()});
  files.push_back(fs::absolute(written).string());
  return result;
}

// Without this, NaN would be within every tolerance.
void RequireFinite(const at::Tensor& logits, const fs::path& output) {
  const int64_t bad =
      logits.isfinite().all(1).logical_not().sum().item<int64_t>();
  if (bad == 0) return;
  throw Error(ErrorKind::kMismatch, output.string(),
              "is not written: the model's own logits are NaN or infinite for "
              "{} of {} images, so its weights are corrupt or diverged",
              bad, logits.size(0));
}

// The rows of the script's output, in the order of the files.
void ReadRows(const Json& rows, const fs::path& output, Verification& result) {
  for (size_t i = 0; i < result.files.size(); ++i) {
    const Json& row = rows.at(i);
    VerifiedFile& file = result.files[i];
    if (row.at("error").is_null()) {
      throw Error(ErrorKind::kMismatch, output.string(),
                  "is not written: the {} graph's logits are NaN or infinite "
                  "in onnxruntime, though the model's are not; export float32",
                  file.name);
    }
    file.size = row.at("size").get<uint64_t>();
    file.error = row.at("error").get<double>();
    file.agreement = row.at("agreement").get<double>();
    if (row.at("top1").is_number()) file.top1 = row.at("top1").get<double>();
    file.milliseconds = row.at("milliseconds").get<double>();
  }
}

void CheckErrors(const Verification& result, const fs::path& output) {
  constexpr double kTolerance = 1e-4;
  for (const VerifiedFile& file : result.files) {
    if (file.name != "float32" || file.error <= kTolerance) continue;
    throw Error(ErrorKind::kMismatch, output.string(),
                "is not written: the float32 graph's logits in onnxruntime "
                "differ from the model's by {:.1e} of the largest, more than "
                "{:.0e}; please report it",
                file.error, kTolerance);
  }
}

}  // namespace

Verification Verify(const OnnxExport& exported, const fs::path& written,
                    const fs::path& output, const VerifyOptions& options,
                    const OnProgress& progress) {
  const model::Config& config = exported.facts().model;
  const ScratchFolder folder;
  const Reference reference =
      exported.options().data.name.empty()
          ? OfRandomImages(exported)
          : OfTestSplit(exported, options.max_images, progress);
  RequireFinite(reference.logits, output);
  WriteTensor(folder / "pixels.npy", reference.pixels);
  WriteTensor(folder / "logits.npy", reference.logits);
  Json files = Json::array();
  Verification result =
      NameFiles(exported, folder / "float32.onnx", written, files);
  result.images = reference.images;
  const auto& facts = exported.facts().mean_std;
  const int64_t in_chans = InChans(config);
  WriteTextFile(
      folder / "job.json",
      DumpJson({{"pixels", (folder / "pixels.npy").string()},
                {"logits", (folder / "logits.npy").string()},
                {"labels", reference.labels},
                {"mean", pretrained::PerChannel(facts.mean.value, in_chans)},
                {"std", pretrained::PerChannel(facts.std.value, in_chans)},
                {"files", files}}));
  const Json json = RunInOnnxRuntime(options.python, folder, output);
  result.runtime = json.at("runtime").get<std::string>();
  ReadRows(json.at("files"), output, result);
  CheckErrors(result, output);
  return result;
}

}  // namespace wsel::session
