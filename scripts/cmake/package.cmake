# What `cmake --install` and the Debian package of CPack hold: the program, the
# LibTorch libraries that it loads, configs, the manual page and completions.

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

set(PRIVATE_LIBRARIES ${CMAKE_INSTALL_LIBDIR}/wsel)
file(RELATIVE_PATH FROM_BIN ${CMAKE_INSTALL_FULL_BINDIR}
     ${CMAKE_INSTALL_FULL_LIBDIR}/wsel)
set_target_properties(wsel PROPERTIES INSTALL_RPATH "$ORIGIN/${FROM_BIN}")
install(TARGETS wsel RUNTIME_DEPENDENCY_SET wsel_libraries
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The system's own libraries are the package's dependencies.
install(RUNTIME_DEPENDENCY_SET wsel_libraries
        DESTINATION ${PRIVATE_LIBRARIES}
        POST_EXCLUDE_REGEXES "^/lib" "^/usr/lib")
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/wsel/configs)
install(FILES ${TEXTS}/wsel.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${TEXTS}/wsel.bash RENAME wsel
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${TEXTS}/_wsel
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${TEXTS}/wsel.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

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
