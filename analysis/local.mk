noinst_LIBRARIES += libanalysis.a
libanalysis_a_SOURCES = \
	analysis/cdf.c analysis/cdf.h \
	analysis/comparison.c analysis/comparison.h \
	analysis/figure.c analysis/figure.h \
	analysis/figure_jct.c \
	analysis/figure_jct_cdf.c \
	analysis/figure_load.c \
	analysis/figure_queue_cdf.c \
	analysis/figure_segments.c \
	analysis/figure_utilisation.c \
	analysis/figure_validate.c \
	analysis/gnuplot.c analysis/gnuplot.h \
	analysis/plot.c analysis/plot.h \
	analysis/runs.c analysis/runs.h \
	analysis/statistics.c analysis/statistics.h

ANALYSIS_LIBS = libanalysis.a $(BASE_LIBS) $(GSL_LIBS)

bin_PROGRAMS += vnplot
dist_man_MANS += man/vnplot.1
vnplot_SOURCES = analysis/main.c
vnplot_LDADD = $(ANALYSIS_LIBS)

dist_check_SCRIPTS += t/plot.sh.t

check_PROGRAMS += t/statistics.t
t_statistics_t_SOURCES = t/statistics.c
t_statistics_t_LDADD = libtap.a $(ANALYSIS_LIBS)
