#include "wsel/session/student_request.h"

#include <algorithm>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/core/text_file.h"

namespace wsel::session {
namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

select::Method SelectionMethod(const std::string& name) {
  if (Contains(model::Initializers().Names(), name)) {
    throw Error(
        ErrorKind::kUsage, "method",
        "{} initialises at random; leave out `teacher`, or use one of {}", name,
        select::Methods().Choices());
  }
  return select::Methods().Find(name, "method");
}

model::Initializer RandomMethod(const std::string& name) {
  if (!IsRandomMethod(name)) {
    throw Error(ErrorKind::kUsage, "method",
                "{} selects from a teacher; give `teacher`, or use one of {}",
                name, model::Initializers().Choices());
  }
  return model::Initializers().Find(name, "method");
}

}  // namespace

bool IsRandomMethod(const std::string& name) {
  auto known = model::Initializers().Names();
  if (Contains(known, name)) return true;
  const auto rules = select::Methods().Names();
  if (Contains(rules, name)) return false;
  known.insert(known.end(), rules.begin(), rules.end());
  throw Error(ErrorKind::kUsage, "method", Unknown("method", name, known));
}

StudentRequest RequestOf(const StudentOptions& options) {
  StudentRequest request;
  request.teacher = options.teacher;
  request.copy = options.copy;
  request.plan = options.plan;
  if (!options.calibration.data.root.empty()) {
    request.calibration = options.calibration;
  }
  if (!options.plan.empty()) return request;
  request.options = options.selection;
  request.options.seed = static_cast<uint64_t>(options.seed);
  if (!options.method.empty() && !options.teacher.empty()) {
    request.options.method = SelectionMethod(options.method);
  } else if (!options.method.empty()) {
    request.initializer = RandomMethod(options.method);
  }
  if (!options.teacher_model.empty()) {
    request.teacher_model = NamedModel(options.teacher_model);
  }
  if (!options.family.empty()) {
    request.student = FamilyStudent{
        select::FamilyFromJson(ReadText(options.family), options.family),
        options.teacher_sizes, options.student_sizes};
  } else if (!options.student_like.empty()) {
    request.student = LikeStudent{options.student_like};
  } else if (!options.budget.empty()) {
    request.student =
        SizedStudent{ParseBudget(options.budget), options.student};
    request.options.layers = select::kBestLayers;
  } else {
    const ModelOptions& student = options.student;
    const bool has_num_classes =
        student.num_classes || GivesNumClasses(student.model);
    request.student = ConfigStudent{Resolve(student), has_num_classes};
  }
  return request;
}

}  // namespace wsel::session
