noinst_LIBRARIES += libanalysis.a
libanalysis_a_SOURCES = \
	analysis/comparison.c analysis/comparison.h \
	analysis/runs.c analysis/runs.h \
	analysis/statistics.c analysis/statistics.h

ANALYSIS_LIBS = libanalysis.a $(BASE_LIBS) $(GSL_LIBS)

check_PROGRAMS += t/statistics.t
t_statistics_t_SOURCES = t/statistics.c
t_statistics_t_LDADD = libtap.a $(ANALYSIS_LIBS)
