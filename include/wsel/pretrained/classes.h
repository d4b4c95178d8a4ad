// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// How the outputs of a checkpoint's classifier are matched to the classes of a
// data set.
enum class ClassOrder {
  kNames,        // by name; if the checkpoint names none as kTorchvision
  kTorchvision,  // in the data set's order, which for folders is by byte
  kTimm,         // in natural order ("2" before "10"), ignoring case
};
// names, torchvision, timm
const Registry<ClassOrder>& ClassOrders();

// The classes that a checkpoint names, by its outputs.
struct ClassNames {
  std::vector<std::string> names = {};  // {}: it names none
  std::string source = {};  // "metadata", "config.json", "timm's NAME.TAG"
  // The words of ImageNet's classes, if the names are its synsets; else {}.
  std::vector<std::string> descriptions = {};
  // They are ImageNet-1k's, as those weights are published; the file itself
  // has no names.
  bool published = false;
};
// From its metadata, else from what lies beside it, else ImageNet-1k's synsets
// for published weights with its 1000 outputs. Errors: kFormat for metadata
// that is not a list of names.
ClassNames ClassNamesOf(const PretrainedCheckpoint& checkpoint);

// The outputs of the classifier among the tensors; 0: there is none.
int64_t ClassifierOutputs(const TensorSource& tensors);

// Adds the names to the metadata of a file with the same classifier, if they
// are known, and that it is multi-label, if it is.
void AddClassNames(const PretrainedCheckpoint& checkpoint,
                   std::map<std::string, std::string>& metadata);

// Whether it was trained on images with several labels (run::kTaskKey): a
// sigmoid of each logit is the class's probability.
bool IsMultiLabel(const PretrainedCheckpoint& checkpoint);

struct ClassMatch {
  // For each class of the data set the output that stands for it; {} if there
  // is a mismatch, or not one output per class.
  std::vector<int64_t> outputs;
  // How the names of the classes differ, as the rest of a sentence on the
  // checkpoint; "": they do not.
  std::string mismatch;
  bool shares_names = false;  // with a mismatch: some classes are the same
};
// The one decision which of a classifier's `num_outputs` is which class. A
// synset of ImageNet and its words name the same class. Logs what is not by
// name. Classes without names, of a data set with missing files, keep their
// positions. Errors: as ClassNamesOf.
ClassMatch MatchClasses(const PretrainedCheckpoint& checkpoint,
                        int64_t num_outputs,
                        const std::vector<std::string>& classes,
                        ClassOrder order);

// The outputs for a data set with only some of a checkpoint's classes.
struct PartialMatch {
  std::vector<int64_t> outputs =
      {};               // of each class; {}: it has others, or all
  ClassNames all = {};  // of all outputs
  // The checkpoint names none of its 1000 outputs, and all of the data set's
  // classes are ImageNet-1k's.
  bool assumed = false;
};
// Names as for MatchClasses. Errors: as ClassNamesOf.
PartialMatch MatchSomeClasses(const PretrainedCheckpoint& checkpoint,
                              int64_t num_outputs,
                              const std::vector<std::string>& classes);

// MatchClasses(...).outputs. Errors: kMismatch that lists the names that
// differ.
std::vector<int64_t> RequireSameClasses(const PretrainedCheckpoint& checkpoint,
                                        int64_t num_outputs,
                                        const std::vector<std::string>& classes,
                                        ClassOrder order);

}  // namespace wsel::pretrained
