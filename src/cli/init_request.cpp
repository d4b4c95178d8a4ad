#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "init_args.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/core/text_file.h"
#include "wsel/select/family.h"

namespace wsel::cli {
namespace {

[[noreturn]] void Usage(std::string_view option, std::string_view message) {
  throw Error(ErrorKind::kUsage, option, message);
}

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code ignored;  // of missing files
  return a == b || std::filesystem::equivalent(a, b, ignored);
}

// No output may be an input or the other output.
void CheckFiles(const InitArgs& args) {
  const std::string& student = args.student.model;
  for (const auto& [option, output] :
       {std::pair("--output", args.output),
        std::pair("--save-plan", args.save_plan)}) {
    if (output.empty()) continue;
    for (const std::string& input :
         {args.teacher, args.plan, args.teacher_model, args.family,
          args.student_like,
          student.ends_with(".json") ? student : std::string()}) {
      if (!input.empty() && SameFile(input, output)) {
        Usage(option, fmt::format("would overwrite '{}', which is an input; "
                                  "choose another name",
                                  input));
      }
    }
  }
  if (!args.output.empty() && args.output == args.save_plan) {
    Usage("--save-plan", "is the same file as --output; choose another name");
  }
}

// An empty value is most likely an unset variable of a shell script.
void CheckEmpty(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) Usage(option->get_name(), "is empty");
    }
  }
}

void Forbid(const CLI::App& command, std::initializer_list<const char*> options,
            std::string_view why) {
  for (const char* option : options) {
    if (command.count(option) > 0) Usage(option, why);
  }
}

void CheckGeneric(const InitArgs& args, const CLI::App& command) {
  if (args.family.empty()) {
    Forbid(command, {"--teacher-size", "--student-size"}, "needs --family");
  } else {
    Forbid(command, {"--student-like"},
           "cannot be combined with --family; leave one out");
  }
  if (args.family.empty() && args.student_like.empty()) return;
  if (args.teacher.empty()) Usage("--teacher", "is missing");
  Forbid(command,
         {"--student", "--head", "--patch-resize", "--compat", "--num-classes",
          "--img-size", "--patch-size", "--depth", "--embed-dim", "--num-heads",
          "--teacher-model"},
         "applies only to ViT and ConvNeXt; leave it out with --family and "
         "--student-like");
}

void Check(const InitArgs& args, const CLI::App& command) {
  CheckEmpty(command);
  if (args.student.model.empty() && args.plan.empty() && args.family.empty() &&
      args.student_like.empty()) {
    Usage("--student",
          "is missing: a model name (see wsel models) or a JSON file; or give "
          "--family or --student-like");
  }
  if (args.output.empty() && !args.dry_run) {
    Usage("--output", "is missing: the file to write; or give --dry-run");
  }
  if (args.seed < 0) Usage("--seed", "must not be negative");
  if (!args.plan.empty()) {
    Forbid(command, {"--student",      "--family",       "--teacher-size",
                     "--student-size", "--student-like", "--method",
                     "--layers",       "--heads",        "--head",
                     "--patch-resize", "--skip",         "--compat",
                     "--seed",         "--num-classes",  "--img-size",
                     "--patch-size",   "--depth",        "--embed-dim",
                     "--num-heads",    "--teacher-model"},
           "is determined by --plan; leave it out");
  }
  CheckGeneric(args, command);
  if (args.teacher.empty()) {
    Forbid(command,
           {"--teacher-model", "--layers", "--heads", "--head",
            "--patch-resize", "--skip", "--compat", "--hash"},
           "needs --teacher");
  }
  CheckFiles(args);
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// --method with a teacher.
select::Method SelectionMethod(const std::string& name) {
  if (Contains(model::Initializers().Names(), name)) {
    Usage("--method", fmt::format("{} initialises at random; leave out "
                                  "--teacher, or use one of {}",
                                  name, select::Methods().Choices()));
  }
  return select::Methods().Find(name, "--method");
}

// --method without one.
model::Initializer RandomMethod(const std::string& name) {
  const auto rules = select::Methods().Names();
  if (Contains(rules, name)) {
    Usage("--method", fmt::format("{} selects from a teacher; give --teacher, "
                                  "or use one of {}",
                                  name, model::Initializers().Choices()));
  }
  auto known = model::Initializers().Names();
  if (!Contains(known, name)) {
    known.insert(known.end(), rules.begin(), rules.end());
    Usage("--method", Unknown("method", name, known));
  }
  return model::Initializers().Find(name, "--method");
}

void SetStudent(const InitArgs& args, session::StudentRequest& request) {
  if (!args.family.empty()) {
    request.student = session::FamilyStudent{
        select::FamilyFromJson(ReadText(args.family), args.family),
        args.teacher_sizes, args.student_sizes};
  } else if (!args.student_like.empty()) {
    request.student = session::LikeStudent{args.student_like};
  } else {
    request.student = session::ConfigStudent{
        Resolve(args.student), args.student.num_classes.has_value()};
  }
}

}  // namespace

session::StudentRequest RequestOf(const InitArgs& args,
                                  const CLI::App& command) {
  Check(args, command);
  session::StudentRequest request;
  request.teacher = args.teacher;
  request.plan = args.plan;
  if (!args.plan.empty()) return request;
  request.options = args.options;
  request.options.seed = static_cast<uint64_t>(args.seed);
  if (!args.method.empty() && !args.teacher.empty()) {
    request.options.method = SelectionMethod(args.method);
  } else if (!args.method.empty()) {
    request.initializer = RandomMethod(args.method);
  }
  if (!args.teacher_model.empty()) {
    request.teacher_model = NamedModel(args.teacher_model);
  }
  SetStudent(args, request);
  return request;
}

}  // namespace wsel::cli
