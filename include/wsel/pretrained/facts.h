// Torch-free.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/image/eval_resize.h"
#include "wsel/image/normalisation.h"
#include "wsel/image/resample.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// Where a fact about a checkpoint comes from. The first that knows it counts.
enum class FactSource {
  kGiven,     // a flag or a recipe
  kMetadata,  // the file's metadata, as this program writes it
  kBeside,    // a file beside it (beside.h)
  kName,      // the name of the file or its folder (published.h; "augreg")
  kLibrary,   // names and shapes, and the source library's pretrained_cfg
  kAssumed,   // none of them: a default
};

template <typename T>
struct Fact {
  T value = {};
  FactSource source = FactSource::kAssumed;
  // kBeside: the file's name; kName: the published weights; kGiven: what it
  // replaces, if something else is known.
  std::string detail = {};
};
using ChannelFact = Fact<image::ChannelValues>;

struct MeanStd {
  ChannelFact mean;
  ChannelFact std;
  int64_t in_chans = 3;  // of the images

  image::Normalisation normalisation() const {
    return {mean.value, std.value, static_cast<int>(in_chans)};
  }
};

// The values as other programs write them: of grey images one.
std::vector<double> PerChannel(const image::ChannelValues& values,
                               int64_t in_chans);

// What is known of images of so many channels: values of as many, or one that
// all channels share. Otherwise 0.5 is assumed, for pixels between -1 and 1,
// and of RGB images ImageNet's.
MeanStd WithChannels(MeanStd known, int64_t in_chans);

// What running a checkpoint's model needs beside the weights. Every command
// takes them from here, so that no two commands decide differently.
struct Facts {
  model::Config model;  // with image size, eps and activation
  FactSource model_source = FactSource::kLibrary;
  std::string model_detail = {};  // kName: the published model
  MeanStd mean_std;               // of its images
  Fact<double> crop_pct = {};
  Fact<image::Interpolation> interpolation = {};
  Fact<image::CropMode> crop_mode = {};
  // A run that does not record it is one of version 0.1, which did as Pillow
  // 12.
  Fact<image::PassOrder> pass_order = {};
  // ForwardDifferences of what is known of the file's model, if another one is
  // given.
  std::vector<std::string> differences;
  std::vector<std::string> remarks;  // Beside::remarks
  // What is the checkpoint's although a given model has another value.
  std::string note;

  // What evaluation does with an image.
  image::EvalResize Resizing() const {
    return image::EvalResizeOf(crop_mode.value, ImageSize(model));
  }
};

// Facts that the user gives, and defaults for unknown ones.
struct GivenFacts {
  std::optional<model::Config> model = std::nullopt;
  std::optional<image::ChannelValues> mean = std::nullopt;
  std::optional<image::ChannelValues> std = std::nullopt;
  std::optional<double> crop_pct = std::nullopt;
  std::optional<image::Interpolation> interpolation = std::nullopt;
  std::optional<image::CropMode> crop_mode = std::nullopt;
  std::optional<image::PassOrder> pass_order = std::nullopt;
  image::Normalisation assumed = {};  // ImageNet's
};

// A given model may also be one that cannot be detected; its number of classes
// is the checkpoint's. Errors: as
// RequireModel, or RequireSupportedKeys for a given model, and MeanStdOf;
// kFormat for a recipe in the metadata with an invalid crop, interpolation,
// crop mode or version of Pillow.
Facts FactsOf(const PretrainedCheckpoint& checkpoint,
              const GivenFacts& given = {});

// A given crop that changes nothing at the model's size is a mistake. Errors:
// kUsage ("crop_pct").
void CheckCrop(const GivenFacts& given, const Facts& facts);

// Only the mean and std, which are known of unknown models too; as WithChannels
// for a known model. Errors: kFormat for metadata of another number of
// values than the channels', one and three; kUsage for given values that are
// neither one for each channel nor one for all.
MeanStd MeanStdOf(const PretrainedCheckpoint& checkpoint,
                  const GivenFacts& given = {});

// Adds the mean and std to the metadata of a file, if they are known.
void AddMeanStd(const MeanStd& known,
                std::map<std::string, std::string>& metadata);

// The value as a message writes it: [0.5,0.5,0.5], 0.9, bicubic.
std::string FactText(const image::ChannelValues& value);
std::string FactText(double value);
std::string FactText(image::Interpolation value);
std::string FactText(image::CropMode value);
std::string FactText(image::PassOrder value);

// "images of 224 px, crop 0.9 (config.json), bicubic (assumed), mean
// [0.5,0.5,0.5] (source library), std ..., LayerNorm eps 1e-06, GELU
// (metadata)"
std::string Describe(const Facts& facts);

// "mean [0.5,0.5,0.5] (source library), std [0.5,0.5,0.5] (assumed)"
std::string Describe(const MeanStd& facts);

// The same as an object: {"mean": {"value": [...], "source": "assumed"}, ...}
nlohmann::ordered_json ToJson(const Facts& facts);
nlohmann::ordered_json ToJson(const MeanStd& facts);

// Logs a warning for each of the differences and remarks, and the note. `path`
// is the checkpoint's.
void LogWarnings(const Facts& facts, const std::string& path);

// The same, and Describe(facts).
void LogFacts(const Facts& facts, const std::string& path);

}  // namespace wsel::pretrained
