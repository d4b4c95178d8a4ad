# What `cmake --install`, the Debian package of CPack and the wheel of
# scikit-build-core hold: both programs, configs, the manual page and completions,
# and, except for the wheel, the LibTorch libraries that wsel-torch loads. In a
# wheel these folders are in site-packages/wsel, beside torch (pyproject.toml).

set(TEXTS ${PROJECT_BINARY_DIR}/share)
file(MAKE_DIRECTORY ${TEXTS})
add_custom_command(
  OUTPUT ${TEXTS}/wsel.1 ${TEXTS}/wsel.bash ${TEXTS}/_wsel ${TEXTS}/wsel.fish
  COMMAND wsel man > ${TEXTS}/wsel.1
  COMMAND wsel completion bash > ${TEXTS}/wsel.bash
  COMMAND wsel completion zsh > ${TEXTS}/_wsel
  COMMAND wsel completion fish > ${TEXTS}/wsel.fish
  DEPENDS wsel VERBATIM)
add_custom_target(wsel_texts ALL DEPENDS ${TEXTS}/wsel.1)

if(SKBUILD)
  set(WSEL_LIBEXEC .)
  set(DATA ${SKBUILD_DATA_DIR}/share)
  set_target_properties(wsel-torch PROPERTIES
    INSTALL_RPATH "$ORIGIN/../../torch/lib")
  install(TARGETS wsel wsel-torch RUNTIME DESTINATION bin)
  install(DIRECTORY configs DESTINATION .)
  # What the Python side compares torch's version with.
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" TORCH_SERIES "${LIBTORCH_VERSION}")
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/_torch_series.py
       CONTENT "TORCH_SERIES = \"@TORCH_SERIES@\"\n" @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/_torch_series.py DESTINATION .)
else()
  set(PROGRAMS ${CMAKE_INSTALL_LIBEXECDIR}/wsel)
  set(PRIVATE_LIBRARIES ${CMAKE_INSTALL_LIBDIR}/wsel)
  set(DATA ${CMAKE_INSTALL_DATADIR})
  file(RELATIVE_PATH WSEL_LIBEXEC ${CMAKE_INSTALL_FULL_BINDIR}
       ${CMAKE_INSTALL_FULL_LIBEXECDIR}/wsel)
  file(RELATIVE_PATH FROM_PROGRAMS ${CMAKE_INSTALL_FULL_LIBEXECDIR}/wsel
       ${CMAKE_INSTALL_FULL_LIBDIR}/wsel)
  set_target_properties(wsel-torch PROPERTIES
    INSTALL_RPATH "$ORIGIN/${FROM_PROGRAMS}")
  install(TARGETS wsel RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(TARGETS wsel-torch RUNTIME_DEPENDENCY_SET wsel_libraries
          RUNTIME DESTINATION ${PROGRAMS})
  # The system's own libraries are the package's dependencies.
  install(RUNTIME_DEPENDENCY_SET wsel_libraries
          DESTINATION ${PRIVATE_LIBRARIES}
          POST_EXCLUDE_REGEXES "^/lib" "^/usr/lib")
  install(DIRECTORY configs/ DESTINATION ${DATA}/wsel/configs)
endif()
install(FILES ${TEXTS}/wsel.1 DESTINATION ${DATA}/man/man1)
install(FILES ${TEXTS}/wsel.bash RENAME wsel
        DESTINATION ${DATA}/bash-completion/completions)
install(FILES ${TEXTS}/_wsel
        DESTINATION ${DATA}/zsh/vendor-completions)
install(FILES ${TEXTS}/wsel.fish
        DESTINATION ${DATA}/fish/vendor_completions.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the authors of wsel")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "Initialises small vision models from larger ones, and trains them")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${LIBTORCH_ROOT}/lib)
# Used where they are there: plots, and src/kernels/onednn.cpp.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox, libdnnl2 | libdnnl3")
include(CPack)
