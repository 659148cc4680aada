# Pages to learn from; that of columns is made of the schema.
dist_doc_DATA = CHANGELOG.md CITATION.cff \
	doc/calibrating.md doc/policies.md doc/traces.md doc/training.md \
	doc/tutorial.md doc/validating.md
nodist_doc_DATA = doc/columns.md
doc/columns.md: vnreplay$(EXEEXT)
	@$(MKDIR_P) doc
	$(AM_V_GEN)./vnreplay schema --format markdown > $@.part && mv $@.part $@
CLEANFILES += doc/columns.md
dist_check_SCRIPTS += t/tree/doc.sh.t
