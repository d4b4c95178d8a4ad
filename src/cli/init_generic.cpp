#include "init_generic.h"

#include <charconv>
#include <filesystem>

#include "wsel/core/error.h"
#include "wsel/core/text_file.h"
#include "wsel/select/family.h"
#include "wsel/select/generic_plan.h"
#include "wsel/select/importance_scores.h"

namespace wsel::cli {
namespace {

// Parses items such as "width=192".
select::Sizes ParseSizes(const std::vector<std::string>& items,
                         const char* option) {
  select::Sizes sizes;
  for (const std::string& item : items) {
    const size_t equals = item.find('=');
    const std::string name = item.substr(0, equals);
    int64_t size = 0;
    const char* end = item.data() + item.size();
    const char* begin =
        equals == std::string::npos ? end : item.data() + equals + 1;
    const auto [rest, code] = std::from_chars(begin, end, size);
    if (code != std::errc() || rest != end || name.empty()) {
      throw Error(ErrorKind::kUsage, option,
                  "'" + item + "' is not of the form name=number");
    }
    if (!sizes.emplace(name, size).second) {
      throw Error(ErrorKind::kUsage, option, "gives '" + name + "' twice");
    }
  }
  return sizes;
}

select::FamilyTable ReadFamily(const InitArgs& args) {
  return select::FamilyFromJson(ReadText(args.family), args.family);
}

std::string FileName(const std::filesystem::path& path) {
  return path.filename().string();
}

select::Plan PlanFamily(const InitArgs& args,
                        const checkpoint::Checkpoint& teacher) {
  return select::PlanByFamily(ReadFamily(args), teacher.Specs(),
                              ParseSizes(args.teacher_size, "--teacher-size"),
                              ParseSizes(args.student_size, "--student-size"),
                              SelectionOptions(args),
                              select::ImportanceScoresOf(teacher));
}

select::Plan PlanStudentLike(const InitArgs& args,
                             const checkpoint::Checkpoint& teacher) {
  const auto like = checkpoint::Open(args.student_like);
  return select::PlanLike(teacher.Specs(), FileName(teacher.path()),
                          like->Specs(), FileName(like->path()),
                          SelectionOptions(args),
                          select::ImportanceScoresOf(teacher));
}

}  // namespace

select::Plan PlanGenericStudent(const InitArgs& args,
                                const checkpoint::Checkpoint& teacher) {
  select::Plan plan = args.family.empty() ? PlanStudentLike(args, teacher)
                                          : PlanFamily(args, teacher);
  for (const checkpoint::UnsupportedTensor& tensor : teacher.unsupported()) {
    plan.unused.push_back({tensor.name, tensor.reason});
  }
  return plan;
}

void CheckGenericStudent(const InitArgs& args) {
  SelectionOptions(args);
  ParseSizes(args.teacher_size, "--teacher-size");
  ParseSizes(args.student_size, "--student-size");
  if (!args.family.empty()) ReadFamily(args);
  if (!args.student_like.empty()) checkpoint::Open(args.student_like);
}

}  // namespace wsel::cli
