#include "wsel/session/prediction.h"

#include <ATen/ATen.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "model_images.h"
#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"
#include "wsel/data/decode_image.h"
#include "wsel/data/images_below.h"
#include "wsel/image/channels.h"
#include "wsel/image/orientation.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/imagenet_classes.h"
#include "wsel/session/evaluation.h"
#include "wsel/train/multi_label_metrics.h"

namespace wsel::session {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kUsualTop = 5;

std::vector<std::string> FilesOf(const std::vector<std::string>& inputs) {
  if (inputs.empty()) {
    throw Error(ErrorKind::kUsage, "IMAGE",
                "is missing: wsel predict CHECKPOINT IMAGE...");
  }
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    if (!fs::is_directory(input)) {
      files.push_back(input);
      continue;
    }
    for (const std::string& name : data::ImagesBelow(input)) {
      files.push_back((fs::path(input) / name).string());
    }
  }
  return files;
}

image::Image Read(const std::string& path, bool exif, int in_chans) {
  const MappedFile file(path);
  auto decoded = data::DecodeImage(file.bytes(), path, {}, nullptr, in_chans);
  // TIFFs are upright already, and arrays have no orientation.
  if (!exif || !image::IsRgbOrGrey(in_chans)) return std::move(decoded.image);
  return image::Upright(decoded.image, image::ExifOrientation(file.bytes()));
}

// The files as a data set without labels.
data::Dataset DatasetOf(const std::vector<std::string>& files, bool exif,
                        int in_chans) {
  return {.name = "images",
          .classes = {},
          .labels = std::vector<int32_t>(files.size()),
          .image =
              [&files, exif, in_chans](int64_t i) {
                return Read(files.at(static_cast<size_t>(i)), exif, in_chans);
              },
          .filename =
              [&files](int64_t i) { return files.at(static_cast<size_t>(i)); }};
}

// The names of all outputs, or none.
pretrained::ClassNames NamesOrLog(const EvalCheckpoint& opened,
                                  const std::string& path) {
  const int64_t outputs = NumClasses(opened.facts.model);
  auto known = ClassNamesOf(opened.checkpoint);
  if (static_cast<int64_t>(known.names.size()) == outputs) {
    if (known.published) {
      spdlog::info("{}: ImageNet-1k's classes, as of {}", path, known.source);
    }
    return known;
  }
  spdlog::info("{} does not name its {} classes: they are numbered from 0",
               path, outputs);
  const auto larger = pretrained::LargerImageNet(outputs);
  if (!larger.empty()) {
    spdlog::info("{} has as many, of which no names are known here", larger);
  } else if (outputs ==
             static_cast<int64_t>(pretrained::ImageNetClasses().size())) {
    spdlog::info(
        "if they are ImageNet-1k's, `model` with timm's name and tag of the "
        "weights names them");
  }
  return {};
}

}  // namespace

Prediction::Prediction(const PredictRequest& request, const c10::Device& device)
    : request_(request), device_(device) {
  files_ = FilesOf(request.inputs);
  const EvalCheckpoint opened = OpenForEval(request.checkpoint);
  facts_ = opened.facts;
  const int64_t outputs = NumClasses(facts_.model);
  if (outputs == 0) {
    throw Error(ErrorKind::kMismatch, NameOf(facts_.model),
                "has no classifier, so that it predicts no classes");
  }
  class_names_ = NamesOrLog(opened, request.checkpoint.file);
  threshold_ = request.threshold;
  if (!threshold_ && IsMultiLabel(opened.checkpoint)) {
    threshold_ = train::kLabelThreshold;
    spdlog::info(
        "{} was trained on images with several labels: classes with a "
        "probability above {} (`threshold`)",
        request.checkpoint.file, *threshold_);
  }
  const int64_t usual_top = threshold_ ? outputs : kUsualTop;
  top_ = std::min(request.top.value_or(usual_top), outputs);
  model_ = nn::Build(facts_.model);
  Load(model_, *opened.checkpoint.remapped.tensors);
  model_.module->to(device);
}

std::vector<PredictedClass> Prediction::ClassesOf(
    const at::Tensor& probabilities) const {
  const auto [values, indices] =
      probabilities.topk(top_, 0, /*largest=*/true, /*sorted=*/true);
  std::vector<PredictedClass> classes;
  for (int64_t k = 0; k < top_; ++k) {
    const auto probability = values[k].item<double>();
    if (threshold_ && !(probability > *threshold_)) break;
    const auto index = indices[k].item<int64_t>();
    const auto of_class =
        [&](const std::vector<std::string>& texts) -> std::string {
      return texts.empty() ? "" : texts.at(static_cast<size_t>(index));
    };
    classes.push_back({index, of_class(class_names_.names),
                       of_class(class_names_.descriptions), probability});
  }
  return classes;
}

std::vector<std::string> Prediction::Run(
    const OnProgress& progress,
    const std::function<void(const PredictedImage&)>& use) {
  const at::NoGradGuard no_grad;
  const data::Dataset images =
      DatasetOf(files_, request_.exif, static_cast<int>(InChans(facts_.model)));
  const auto predict = [&](const at::Tensor& batch,
                           const std::vector<int64_t>& indices) {
    const auto logits =
        model_.forward(batch.to(device_)).to(at::kCPU, at::kDouble);
    const auto probabilities =
        threshold_ ? logits.sigmoid() : logits.softmax(1);
    for (size_t i = 0; i < indices.size(); ++i) {
      use({images.filename(indices[i]),
           ClassesOf(probabilities[static_cast<int64_t>(i)])});
    }
  };
  return ForEachBatch(images, facts_,
                      {.workers = static_cast<int>(request_.workers),
                       .skip_corrupt = request_.skip_corrupt,
                       .title = "predict"},
                      progress, predict);
}

}  // namespace wsel::session
