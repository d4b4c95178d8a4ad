// Torch-free.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/data/options.h"
#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/pretrained/classes.h"
#include "wsel/select/options.h"
#include "wsel/train/options.h"

namespace wsel::recipe {

// How the weights are initialised.
struct InitOptions {
  std::string file;  // a checkpoint of the model's architecture; "": none
  naming::CopyChoice copy;
  bool reset_classifier = false;  // of the file
  // Weight selection from the teacher, as `wsel init` does it, by this rule.
  std::optional<select::Method> select;
  // The other options of the selection; its method and seed are not used.
  select::Options selection;
  // For rules that look at images: how many training images, of the run's data
  // set or, if they are given, of another and in another folder.
  int64_t calibration_images = 512;
  std::string calibrate;
  std::string calibrate_root;
  // Of all weights, or with a file of a re-initialised classifier.
  model::Initializer method = model::Initializer::kTimm;
};

// The network that weights are selected from, that is distilled, or both.
struct TeacherFile {
  std::string file;  // a checkpoint, or a TorchScript module; "": none
  naming::CopyChoice copy;
  int64_t num_heads = 0;  // 0: the file's
  // A variant, a JSON file or, as a run records it, its contents; "": the
  // detected one.
  std::string model;
  std::string digest;   // SHA-256 of the file; "": filled in by the run
  bool script = false;  // run it as TorchScript even if its tensors are known
  // Normalisation of its images; empty: from its file, else the student's.
  std::vector<double> mean;
  std::vector<double> std;
  // 0: the teacher's own; of an unknown TorchScript module the student's.
  HeightWidth img_size = 0;
  train::Precision precision = train::Precision::kAuto;
};

// The contents of a configuration file, with all defaults filled in.
struct Recipe {
  std::string about;
  model::Config model;
  // If the file gives it; otherwise it is the data set's.
  std::optional<int64_t> num_classes;
  InitOptions init;
  TeacherFile teacher;
  data::DataOptions data;
  // Of the classifiers in init.file and teacher.file.
  pretrained::ClassOrder class_order = pretrained::ClassOrder::kNames;
  train::Options train;
  // Whether nothing gave train.batch_size or train.mixup_batch: a training set
  // that is smaller then lowers them (session/lower_batch.h). Not written.
  bool default_batch_size = false;
  bool default_mixup_batch = false;
};

// The options of init.select, which must be set, with the run's seed.
select::Options SelectionOf(const Recipe& recipe);

// Reads a configuration: sections model, init, teacher, distill, data, augment,
// erasing, mix, train, optimizer, evaluation, and a string "about". Missing
// keys have the defaults of the option structs; keys under an old name
// (run/config_keys.h) are read too. model.name is a variant of `wsel models`,
// and the section's other keys override its fields. `sets` are overrides
// ("optimizer.lr=1e-3"; the value is JSON, or else a string); the last one
// counts. `epochs` replaces the number of epochs after that, and scales a
// warmup that is not in `sets` along (paper, Figure 4). Image sizes and fill
// colours are derived from model and data. Errors: kConfig with the path of a
// key that is unknown (and the nearest known one), has the wrong type, is out
// of range, or is given under its old and new name; kUsage for an override that
// is not PATH=VALUE.
Recipe RecipeFromJson(std::string_view text, std::string_view where,
                      const std::vector<std::string>& sets = {},
                      std::optional<int64_t> epochs = {});

// Reads the configuration that a run wrote, into its folder or a checkpoint.
// Keys that older versions did not have are read as those versions did: images
// are resized as by Pillow 12, subsets are balanced, the test split chooses the
// best weights.
// Errors: as RecipeFromJson.
Recipe RecipeOfRun(std::string_view text, std::string_view where,
                   const std::vector<std::string>& sets = {},
                   std::optional<int64_t> epochs = {});

// The initial checkpoint of a configuration, and which of its weights, if it
// has one. Errors: as RecipeFromJson.
std::optional<InitOptions> InitFileOf(std::string_view text,
                                      std::string_view where,
                                      const std::vector<std::string>& sets);

// The same of a configuration that names no model: the model is then that of
// the checkpoint. Errors: as RecipeFromJson.
std::optional<InitOptions> InitWithoutModel(
    std::string_view text, std::string_view where,
    const std::vector<std::string>& sets);

// The value, as JSON, that a configuration or its overrides give to a key; "":
// they do not. Errors: as RecipeFromJson.
std::string GivenValue(std::string_view text, std::string_view where,
                       const std::vector<std::string>& sets,
                       std::string_view path);

// The configuration with `defaults`, which are like `sets`, for keys that it
// does not give. Errors: as RecipeFromJson.
std::string WithDefaults(std::string_view text, std::string_view where,
                         const std::vector<std::string>& defaults);

// A value of the configuration beside the model's.
struct Field {
  std::string path;           // "optimizer.lr"
  std::string about;          // for help
  std::string choices;        // "a|b" if the value is a name, else empty
  std::string default_value;  // as JSON
  std::string flag;           // "--seed", an option that sets it; or empty
  std::string metavar;        // of the option; empty: it takes no value
  std::string timm;           // train.py's option of the same meaning; or empty

  std::string section() const { return path.substr(0, path.find('.')); }
};
// All of them, sorted by section.
std::vector<Field> Fields();

// The option of wsel train that sets the value at `path`; "": there is none.
std::string FlagOf(std::string_view path);

// What an unknown option of wsel train may stand for: "--set
// train.clip_grad=VALUE" for --clip-grad, or "--loss NAME" for --bce-loss, by
// the key's name or by timm's option. Empty if there is none.
std::string SetForOption(std::string_view option);

// What to do instead of giving an unknown option, as in "use --set
// train.clip_grad=VALUE" or "use --precision bf16": as SetForOption, also for
// options of other training programs that are no key. Empty: not known.
std::string AdviceOn(std::string_view option);

// The override of an option's text: strings stay strings even if they look like
// numbers, of a list the text has its items, separated by commas, and of
// train.class_weights it may name a CSV file (train::ClassWeightsInFile).
// Errors: kUsage at the option for text that is not UTF-8, or no list; as
// ClassWeightsInFile.
std::string SetOf(const Field& field, const std::string& text);

// Calls `read` with overrides that the user has given. An error that one of
// them causes names it, "--set PATH=VALUE": one that `read` throws as soon as
// it is given that value.
void WithSets(const std::vector<std::string>& sets,
              const std::function<void(const std::vector<std::string>&)>& read);

// How much training images are changed, as overrides of a recipe.
enum class Augmentation {
  kNone,   // images as in evaluation, unmixed
  kLight,  // random crops and flips
  kPaper,  // the paper's recipe
};
const Registry<Augmentation>& Augmentations();
std::vector<std::string> SetsOf(Augmentation augmentation);

// 3-Augment with DeiT III's colour jitter, as overrides of a recipe.
std::vector<std::string> SetsOfThreeAugment();

// Every value, as RecipeFromJson reads it; indented by two spaces.
std::string ToJson(const Recipe& recipe);

// The same as a configuration file: without the number of classes if it is to
// be the data set's.
std::string ToRecipeFile(const Recipe& recipe);

// The differences between two recipes that affect a run's result, a line each:
// "optimizer.lr: 0.002, now 0.001". Paths, threads, caches, memory and how
// often a run is saved do not.
std::vector<std::string> Differences(const Recipe& before, const Recipe& now);

// The values that affect a run's result, and its initial and teacher
// checkpoints, as JSON: equal for runs that would be the same. Digests of older
// runs stay the same: keys have their oldest names, and a key that is newer
// than them is left out if it has its default.
std::string Identity(const Recipe& recipe);

// The name of the file in data.cache_dir in which runs share teacher outputs: a
// digest of what determines them, which is the teacher, the images with their
// folder and transforms, and the device ("cpu"). The name is that of older
// versions.
std::string TeacherCacheName(const Recipe& recipe, std::string_view device);

}  // namespace wsel::recipe
