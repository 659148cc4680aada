# VN_LIB_GLPK -- find GLPK, which ships no .pc file; set GLPK_LIBS.
AC_DEFUN([VN_LIB_GLPK], [
  AC_CHECK_HEADER([glpk.h], [], [AC_MSG_ERROR([glpk.h not found (Debian: libglpk-dev)])])
  AC_CHECK_LIB([glpk], [glp_simplex], [GLPK_LIBS=-lglpk],
    [AC_MSG_ERROR([libglpk not found (Debian: libglpk-dev)])])
  AC_SUBST([GLPK_LIBS])
])
