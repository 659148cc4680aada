# VN_MPI -- optional MPI for vnexec: --with-mpi, default where it is found.
#
# Sets MPI_CFLAGS, MPI_LIBS and HAVE_MPI from pkg-config's ompi-c or mpich.
AC_DEFUN([VN_MPI], [
  AC_ARG_WITH([mpi],
    [AS_HELP_STRING([--with-mpi],
      [let vnexec run over MPI ranks @<:@default: if MPI is found@:>@])],
    [], [with_mpi=auto])
  have_mpi=no
  AS_IF([test "x$with_mpi" != xno], [
    PKG_CHECK_MODULES([MPI], [ompi-c], [have_mpi=yes],
      [PKG_CHECK_MODULES([MPI], [mpich], [have_mpi=yes], [have_mpi=no])])])
  AS_IF([test "x$have_mpi" = xyes],
    [AC_DEFINE([HAVE_MPI], [1], [Define to 1 to let vnexec use MPI.])],
    [MPI_CFLAGS=
     MPI_LIBS=
     AS_CASE([$with_mpi], [no|auto], [],
       [AC_MSG_ERROR([--with-mpi was given, but there is no ompi-c.pc or mpich.pc])])])
  AC_SUBST([MPI_CFLAGS])
  AC_SUBST([MPI_LIBS])
])
