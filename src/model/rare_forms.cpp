#include "wsel/model/rare_forms.h"

#include "vit_forms.h"

namespace wsel::model {

std::vector<std::string_view> RareForms(const VitConfig& config) {
  std::vector<std::string_view> rare;
  for (const VitForm& form : kVitForms) {
    if (form.is_rare && form.has(config)) rare.push_back(form.words);
  }
  return rare;
}

}  // namespace wsel::model
