/*
 * The tree is made from libyaml's events; everything else about YAML is
 * libyaml's (MIT licence).  Its marks count characters; places here are bytes.
 */
#include "config.h"

#include "base/yaml/yaml.h"

#include "base/file.h"
#include "base/xalloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool have_event;
    const char *name;
    const unsigned char *bytes;
    size_t size;
    size_t nodes;

    /* Where the last place was: characters, bytes, line, its first byte. */
    size_t character, byte, line_start;
    long line;
};

/* The line and column of a byte; cheap where asked for in order. */
static void
find_byte(struct reader *r, size_t byte, long *line, long *column)
{
    if (byte < r->byte)
        r->character = r->byte = r->line_start = 0, r->line = 1;
    for (; r->byte < byte && r->byte < r->size; r->byte++) {
        r->character += (r->bytes[r->byte] & 0xc0) != 0x80;
        if (r->bytes[r->byte] == '\n') {
            r->line++;
            r->line_start = r->byte + 1;
        }
    }
    *line = r->line;
    *column = (long) (r->byte - r->line_start) + 1;
}

static void
find_mark(struct reader *r, const yaml_mark_t *mark, long *line, long *column)
{
    size_t byte, character;

    if (mark->index < r->character)
        find_byte(r, 0, line, column);
    byte = r->byte;
    character = r->character;
    while (byte < r->size
           && (character < mark->index || (r->bytes[byte] & 0xc0) == 0x80))
        character += (r->bytes[byte++] & 0xc0) != 0x80;
    find_byte(r, byte, line, column);
}

static enum vn_status
fail_mark(struct reader *r, const yaml_mark_t *mark, struct vn_error *err,
          const char *text)
{
    long line, column;

    find_mark(r, mark, &line, &column);
    return vn_fail_at(err, r->name, line, column, "%s", text);
}

/* What libyaml did not like. */
static enum vn_status
fail_parser(struct reader *r, struct vn_error *err)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem != NULL ? p->problem : "malformed";
    long line, column;

    if (p->error == YAML_READER_ERROR)
        find_byte(r, p->problem_offset, &line, &column);
    else
        find_mark(r, &p->problem_mark, &line, &column);
    if (p->context != NULL)
        return vn_fail_at(err, r->name, line, column, "%s, %s", problem,
                          p->context);
    return vn_fail_at(err, r->name, line, column, "%s, expected YAML in UTF-8",
                      problem);
}

static enum vn_status
next_event(struct reader *r, struct vn_error *err)
{
    if (r->have_event)
        yaml_event_delete(&r->event);
    r->have_event = yaml_parser_parse(&r->parser, &r->event) != 0;
    return r->have_event ? VN_OK : fail_parser(r, err);
}

/* The event must not hide what it means. */
static enum vn_status
check_plain(struct reader *r, struct vn_error *err)
{
    const yaml_event_t *e = &r->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;

    if (e->type == YAML_ALIAS_EVENT)
        return fail_mark(r, &e->start_mark, err,
                         "an alias, expected what it stands for written out");
    if (e->type == YAML_SCALAR_EVENT) {
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
    } else if (e->type == YAML_SEQUENCE_START_EVENT) {
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
    }
    if (anchor != NULL)
        return fail_mark(r, &e->start_mark, err,
                         "an anchor, expected none: there are no aliases");
    if (tag != NULL)
        return fail_mark(r, &e->start_mark, err,
                         "a tag, expected none: readers know their types");
    if (e->type == YAML_SCALAR_EVENT
        && strlen((const char *) e->data.scalar.value)
               != e->data.scalar.length)
        return fail_mark(r, &e->start_mark, err,
                         "a byte of zero in a text, expected none");
    return VN_OK;
}

static void
add_item(struct vn_yaml *to, struct vn_yaml *item)
{
    if ((to->n & (to->n - 1)) == 0)
        to->items = vn_xrealloc(to->items, to->n > 0 ? 2 * to->n : 1,
                                sizeof *to->items);
    to->items[to->n++] = item;
}

/* Take the key in hand, and go to its value. */
static enum vn_status
read_key(struct reader *r, const struct vn_yaml *map, struct vn_yaml *node,
         struct vn_error *err)
{
    const struct vn_yaml *first;
    enum vn_status status = check_plain(r, err);

    if (status != VN_OK)
        return status;
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_mark(r, &r->event.start_mark, err,
                         "a list or mapping as a key, expected a word");
    find_mark(r, &r->event.start_mark, &node->key_line, &node->key_column);
    node->key = vn_xstrdup((const char *) r->event.data.scalar.value);
    if (node->key[0] == '\0')
        return vn_fail_at(err, r->name, node->key_line, node->key_column,
                          "an empty key, expected a word");
    first = vn_yaml_at(map, node->key);
    if (first != NULL)
        return vn_fail_at(err, r->name, node->key_line, node->key_column,
                          "'%s' is there twice, expected it once (first on "
                          "line %ld)",
                          node->key, first->key_line);
    if (map->n == VN_YAML_KEYS)
        return vn_fail_at(err, r->name, node->key_line, node->key_column,
                          "more than %d keys, expected fewer", VN_YAML_KEYS);
    return next_event(r, err);
}

/*
 * Read what begins with the event in hand into node, which has nothing but
 * perhaps a key.  What was read of it before an error stays in it.
 */
static enum vn_status
read_node(struct reader *r, struct vn_yaml *node, int depth,
          struct vn_error *err)
{
    yaml_event_type_t end = YAML_SEQUENCE_END_EVENT;
    enum vn_status status = check_plain(r, err);

    if (status != VN_OK)
        return status;
    node->file = r->name;
    find_mark(r, &r->event.start_mark, &node->line, &node->column);
    if (++r->nodes > VN_YAML_NODES)
        return vn_yaml_fail(node, err, "more than %d values, expected fewer",
                            VN_YAML_NODES);
    if (r->event.type == YAML_SCALAR_EVENT) {
        node->text = vn_xstrdup((const char *) r->event.data.scalar.value);
        node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return VN_OK;
    }
    node->kind = VN_YAML_LIST;
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        node->kind = VN_YAML_MAP;
        end = YAML_MAPPING_END_EVENT;
    }
    if (depth == VN_YAML_DEPTH)
        return vn_yaml_fail(node, err,
                            "nested more than %d deep, expected "
                            "less",
                            VN_YAML_DEPTH);
    while ((status = next_event(r, err)) == VN_OK && r->event.type != end) {
        struct vn_yaml *item = vn_xcalloc(1, sizeof *item);

        if (node->kind == VN_YAML_MAP)
            status = read_key(r, node, item, err);
        if (status == VN_OK)
            status = read_node(r, item, depth + 1, err);
        add_item(node, item);
        if (status != VN_OK)
            break;
    }
    return status;
}

/* The stream's and the document's beginning, its content, and its end. */
static enum vn_status
read_document(struct reader *r, struct vn_yaml *tree, struct vn_error *err)
{
    enum vn_status status = next_event(r, err);

    if (status == VN_OK)
        status = next_event(r, err);
    if (status == VN_OK && r->event.type == YAML_STREAM_END_EVENT)
        return fail_mark(r, &r->event.start_mark, err,
                         "nothing is here, expected a mapping or a list");
    if (status == VN_OK)
        status = next_event(r, err);
    if (status == VN_OK)
        status = read_node(r, tree, 0, err);
    if (status == VN_OK)
        status = next_event(r, err);
    if (status == VN_OK)
        status = next_event(r, err);
    if (status == VN_OK && r->event.type != YAML_STREAM_END_EVENT)
        return fail_mark(r, &r->event.start_mark, err,
                         "a second document, expected one");
    return status;
}

enum vn_status
vn_yaml_parse(const char *bytes, size_t n, const char *name,
              struct vn_yaml **tree, struct vn_error *err)
{
    struct reader r = {.name = name,
                       .bytes = (const unsigned char *) bytes,
                       .size = n,
                       .line = 1};
    enum vn_status status;

    *tree = NULL;
    if (n > VN_YAML_BYTES)
        return vn_fail_at(err, name, 1, 1,
                          "more than %d bytes, expected fewer", VN_YAML_BYTES);
    if (!yaml_parser_initialize(&r.parser))
        abort(); /* memory, as in base/xalloc.h */
    yaml_parser_set_input_string(&r.parser, r.bytes, n);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    *tree = vn_xcalloc(1, sizeof **tree);
    status = read_document(&r, *tree, err);
    if (r.have_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (status != VN_OK) {
        vn_yaml_free(*tree);
        *tree = NULL;
    }
    return status;
}

enum vn_status
vn_yaml_read(const char *path, struct vn_yaml **tree, struct vn_error *err)
{
    char *bytes;
    size_t n;
    enum vn_status status =
        vn_file_bytes(path, VN_YAML_BYTES, &bytes, &n, err);

    *tree = NULL;
    if (status == VN_OK)
        status = vn_yaml_parse(bytes, n, path, tree, err);
    free(bytes);
    return status;
}

void
vn_yaml_free(struct vn_yaml *tree)
{
    if (tree == NULL)
        return;
    for (size_t i = 0; i < tree->n; i++)
        vn_yaml_free(tree->items[i]);
    free(tree->items);
    free(tree->text);
    free(tree->key);
    free(tree);
}

enum vn_status
vn_yaml_fail(const struct vn_yaml *node, struct vn_error *err,
             const char *format, ...)
{
    char text[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return vn_fail_at(err, node->file, node->line, node->column, "%s", text);
}

enum vn_status
vn_yaml_fail_key(const struct vn_yaml *node, struct vn_error *err,
                 const char *format, ...)
{
    char text[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (node->key == NULL)
        return vn_yaml_fail(node, err, "%s", text);
    return vn_fail_at(err, node->file, node->key_line, node->key_column, "%s",
                      text);
}
