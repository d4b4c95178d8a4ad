// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "wsel/cli/model_args.h"
#include "wsel/tensor/source.h"
#include "wsel/train/options.h"

namespace wsel::cli {

// What `wsel analyze` is to look at, in the user's words.
struct SubjectArgs {
  std::string teacher;
  std::string teacher_model;
  std::vector<std::string> checkpoints;
  ModelArgs student;
  std::vector<std::string> methods;
  int64_t seed = 0;
  bool dry_run = false;
};

// Adds the options, which fill `args`; it must outlive the app.
void AddSubjectOptions(CLI::App& command, SubjectArgs& args);

// Weights to look at: those of a file, or of a student that is made in memory.
struct Subject {
  std::string name;  // for people: "random (timm)", "vit_small", unique
  std::string slug;  // the same as a part of a file's name, unique too
  model::Config config;
  std::shared_ptr<const TensorSource> weights;  // under timm's names
  train::Normalisation normalisation;           // of the pictures it expects
  bool is_teacher = false;
};

// In the order of the paper's Figure 5: random students, the teacher, students
// selected from it, checkpoints. Without methods a student is made by timm's
// initialiser and, where there is a teacher, by uniform selection. Of students
// only tensors whose names begin with `prefix` are made.
// Errors: kUsage where nothing is named or options contradict each other; those
// of opening a checkpoint and of planning a student.
std::vector<Subject> OpenSubjects(const SubjectArgs& args,
                                  const std::string& prefix = "");

// Checks all that can be checked without numbers, and lists on stdout what
// would be looked at and the files that are not there. Returns the models that
// are known. Errors: as above.
std::vector<model::Config> DryRunSubjects(const SubjectArgs& args);

}  // namespace wsel::cli
