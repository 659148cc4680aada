/* Model files: what is read, and each mistake with its line and column. */
#include "config.h"

#include "base/xalloc.h"
#include "t/tap.h"
#include "vnode_exec/model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGES "learns: images\nlayers:\n"
#define TOKENS "learns: tokens\noptions: {context: 8}\nlayers:\n"
#define LAST   "  - linear: classes\n"

/* clang-format off: a case reads as text, then message with its place. */
static const struct {
    const char *what;
    const char *text;
    const char *message; /* "line:column: text", NULL where it is built */
} cases[] = {
    {"one layer", IMAGES LAST, NULL},
    {"a list", "- x\n", "1:1: a model is a list, expected a mapping"},
    {"a misspelt key", "lerns: images\n",
     "1:1: unknown key 'lerns' of a model, did you mean 'learns'?"},
    {"nothing that it learns", "layers: []\n",
     "1:1: no 'learns', expected it here"},
    {"what it learns misspelt", "learns: image\n",
     "1:9: learns is 'image', did you mean 'images'?"},
    {"an optimizer nobody knows", "learns: images\noptimizer: lamb\n",
     "2:12: optimizer is 'lamb', expected one of sgd, adamw"},
    {"a rate that is none", "learns: images\nrate: fast\n",
     "2:7: rate is 'fast', expected a number from 0 to 1000000"},
    {"no layers", "learns: images\n", "1:1: no 'layers', expected it here"},
    {"layers that are no list", "learns: images\nlayers: 3\n",
     "2:9: layers is a single value, expected a list"},
    {"options that are no mapping", "learns: images\noptions: [3]\n",
     "2:10: options is a list, expected a mapping"},
    {"an option that is no number", "learns: images\noptions: {a: b}\n",
     "2:14: a is 'b', expected a whole number from 1 to 65536"},
    {"an option of a name that is taken",
     "learns: images\noptions: {classes: 3}\n",
     "2:11: an option is called 'classes', expected up to 23 small letters, "
     "and not in, classes or sqrt"},
    {"too many options",
     "learns: images\noptions: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, "
     "h: 1, i: 1, j: 1, k: 1, l: 1,\n  m: 1}\n",
     "3:3: more than 12 options, expected fewer"},
    {"tokens without a context", "learns: tokens\nlayers: []\n",
     "1:1: no option 'context', expected the tokens that a model of sequences "
     "sees among its options"},
    {"an empty list", "learns: images\nlayers: []\n",
     "2:9: layers is a list of 0, expected 1 to 320 items"},
    {"nothing for a layer", IMAGES "  -\n" LAST,
     "3:4: this is no layer, expected one such as 'linear: 512'"},
    {"a list for a layer", IMAGES "  - [linear]\n" LAST,
     "3:5: this is no layer, expected one such as 'linear: 512'"},
    {"a misspelt kind", IMAGES "  - liner: 4\n" LAST,
     "3:5: 'liner' is no kind of layer, did you mean 'linear'?"},
    {"a kind nobody knows", IMAGES "  - recurrent: 4\n" LAST,
     "3:5: 'recurrent' is no kind of layer, expected linear, conv, batchnorm "
     "or another (see vnexec-model(5))"},
    {"a key of another kind", IMAGES "  - linear: 4\n    stride: 2\n" LAST,
     "4:5: unknown key 'stride' of linear, expected 'linear' or another"},
    {"a misspelt key of a layer", IMAGES "  - conv: 4\n    strid: 2\n" LAST,
     "4:5: unknown key 'strid' of conv, did you mean 'stride'?"},
    {"a layer without its size", IMAGES "  - linear\n" LAST,
     "3:5: 'linear' alone, expected its size, as in 'linear: 64'"},
    {"an empty size", IMAGES "  - linear:\n" LAST,
     "3:12: linear is empty, expected a text"},
    {"a size of nothing", IMAGES "  - linear: 0\n" LAST,
     "3:13: linear is 0, expected a whole number from 1 to 65536"},
    {"a size that is not whole", IMAGES "  - linear: 3 / 2\n" LAST,
     "3:13: linear is 1.5, expected a whole number from 1 to 65536"},
    {"a size too large", IMAGES "  - linear: 65536 * 2\n" LAST,
     "3:13: linear is 131072, expected a whole number from 1 to 65536"},
    {"a misspelt name in a number", IMAGES "  - linear: 2 * clases\n" LAST,
     "3:17: linear is '2 * clases': unknown name 'clases', expected classes"},
    {"an unknown name in a number", IMAGES "  - linear: wide\n" LAST,
     "3:13: linear is 'wide': an unknown name, expected a number or one of "
     "classes"},
    {"a number with too much", IMAGES "  - linear: 2 3\n" LAST,
     "3:15: linear is '2 3': more than a number, expected an end here"},
    {"a number that ends early", IMAGES "  - linear: 2 *\n" LAST,
     "3:16: linear is '2 *': it ends here, expected a number, a name or '('"},
    {"a sign that is none", IMAGES "  - linear: 2 * %\n" LAST,
     "3:17: linear is '2 * %': wrong here, expected a number, a name or '('"},
    {"a parenthesis that is open", IMAGES "  - linear: (2 + 3\n" LAST,
     "3:19: linear is '(2 + 3': a parenthesis is not closed, expected ')'"},
    {"parentheses too deep",
     IMAGES "  - linear: ((((((((((((((((((((((((((((((((((2\n" LAST,
     "3:45: linear is '((((((((((((((((((((((((((((((((((2': nested too deep, "
     "expected at most 32"},
    {"two points in a number", IMAGES "  - linear: 1.2.3\n" LAST,
     "3:13: linear is '1.2.3': not a number, expected one such as 512 or "
     "0.02"},
    {"a number of many digits",
     IMAGES "  - linear: 11111111111111111111111111111111111111111111111111111"
            "11111111111\n" LAST,
     "3:13: linear is '1111111111111111111111111111111111111111111111111111"
     "111111111111': a number of too many digits, expected fewer"},
    {"a division by 0", IMAGES "  - linear: 2 / (3 - 3)\n" LAST,
     "3:16: linear is '2 / (3 - 3)': a division by 0, expected another "
     "number"},
    {"a number that is too large", IMAGES "  - linear: 1e300 * 1e300\n" LAST,
     "3:13: linear is '1e300 * 1e300': too large, expected a finite number"},
    {"the root of less than 0",
     IMAGES "  - linear: 3\n    init: sqrt(-1)\n" LAST,
     "4:11: init is 'sqrt(-1)': the root of a negative number, expected one "
     "of at least 0"},
    {"a root of nothing", IMAGES "  - linear: sqrt\n" LAST,
     "3:17: linear is 'sqrt': sqrt stands alone, expected '(' behind it"},
    {"a start out of range", IMAGES "  - linear: 3\n    init: 2e3\n" LAST,
     "4:11: init is 2000, expected a number from 0 to 100"},
    {"neither true nor false", IMAGES "  - linear: 3\n    relu: 2\n" LAST,
     "4:11: relu is '2', expected true or false"},
    {"a name of other letters", IMAGES "  - linear: 3\n    name: a.b\n" LAST,
     "4:11: name is 'a.b', expected letters, digits and _"},
    {"a name that is too long",
     IMAGES "  - linear: 3\n"
            "    name: abcdefghijklmnopqrstuvwxyzabcdefghijklmn\n" LAST,
     "4:11: the layer is called 'abcdefghijklmnopqrstuvwxyzabcdefghijklmn', "
     "expected at most 36 letters with what it stands in"},
    {"two layers of one name",
     IMAGES "  - linear: 3\n    name: a\n"
            "  - linear: 3\n    name: a\n" LAST,
     "6:11: two layers are called 'a', expected one"},
    {"two layers of one name, by counting",
     IMAGES
     "  - linear: 3\n    name: linear2\n  - linear: 3\n  - linear: 3\n" LAST,
     "6:5: two layers are called 'linear2', expected one"},
    {"a window of an even size", IMAGES "  - conv: 3\n    size: 4\n" LAST,
     "4:11: size is 4, expected an odd number"},
    {"a window that is too large", IMAGES "  - conv: 3\n    size: 13\n" LAST,
     "4:11: size is 13, expected a whole number from 1 to 11"},
    {"a convolution of no image", IMAGES "  - linear: 3\n  - conv: 3\n" LAST,
     "4:5: a convolution of 3, expected an image before it"},
    {"a pool of no image", IMAGES "  - linear: 3\n  - pool\n" LAST,
     "4:5: a pool of 3, expected an image before it"},
    {"a pool of another kind", IMAGES "  - pool: max\n" LAST,
     "3:11: pool is 'max', expected one of mean"},
    {"something behind gelu", IMAGES "  - gelu: 3\n" LAST,
     "3:11: something stands behind 'gelu', expected nothing"},
    {"dropout of nothing", IMAGES "  - dropout\n" LAST,
     "3:5: 'dropout' alone, expected its probability, as in 'dropout: 0.1'"},
    {"dropout of all", IMAGES "  - dropout: 1\n" LAST,
     "3:14: dropout is 1, expected a number from 0 to 0.949999988"},
    {"attention to an image", IMAGES "  - attention: 3\n" LAST,
     "3:5: attention in a model of images, expected tokens"},
    {"an embedding of an image", IMAGES "  - embedding: 3\n" LAST,
     "3:5: an embedding here, expected it first, in a model of tokens"},
    {"tokens without an embedding", TOKENS LAST,
     "4:5: a model of tokens begins with 'linear', expected an embedding"},
    {"a second embedding", TOKENS "  - embedding: 6\n  - embedding: 6\n",
     "5:5: an embedding here, expected it first, in a model of tokens"},
    {"attention to a width that is no three",
     TOKENS "  - embedding: 7\n  - attention: 1\n" LAST,
     "5:5: 8 tokens x 7 comes in, expected queries, keys and values of one "
     "width beside each other"},
    {"heads that do not divide",
     TOKENS "  - embedding: 12\n"
            "  - attention: 3\n" LAST,
     "5:16: a width of 4 cannot be split over 3 heads, expected a number that "
     "divides it"},
    {"a pool of tokens", TOKENS "  - embedding: 4\n  - pool\n",
     "5:5: a pool of 8 tokens x 4, expected an image before it"},
    {"a tie to nothing", TOKENS "  - embedding: 4\n  - tied\n",
     "5:5: 'tied' alone, expected an embedding's name"},
    {"a tie to an unknown embedding",
     TOKENS "  - embedding: 4\n    name: words\n  - tied: wrods\n",
     "6:11: no embedding is called 'wrods', expected words"},
    {"a tie of another width",
     TOKENS "  - embedding: 4\n    name: words\n"
            "  - linear: 5\n  - tied: words\n",
     "7:5: 8 tokens x 5 comes in, expected the embedding's width of 4"},
    {"a block without layers", IMAGES "  - residual\n" LAST,
     "3:5: 'residual' alone, expected its layers"},
    {"a block of no list", IMAGES "  - residual: 3\n" LAST,
     "3:15: residual is a single value, expected a list"},
    {"a block of another shape",
     IMAGES "  - residual:\n      - conv: 3\n"
            "        stride: 2\n" LAST,
     "3:5: the block gives 4 x 3 x 3 and its shortcut 7 x 6 x 2, expected the "
     "same"},
    {"a shortcut of another shape",
     IMAGES "  - residual:\n      - conv: 3\n"
            "    shortcut:\n      - linear: 3\n" LAST,
     "3:5: the block gives 7 x 6 x 3 and its shortcut 3, expected the same"},
    {"a mistake inside a block",
     IMAGES "  - residual:\n      - conv: 2\n"
            "      - cnov: 3\n" LAST,
     "5:9: 'cnov' is no kind of layer, did you mean 'conv'?"},
    {"a repetition of nothing", IMAGES "  - repeat: 3\n" LAST,
     "3:5: no 'layers', expected it here"},
    {"a repetition without a number", IMAGES "  - repeat:\n    layers: []\n",
     "3:12: repeat is empty, expected a text"},
    {"too many layers", IMAGES "  - repeat: 400\n    layers: [gelu]\n" LAST,
     "4:14: more than 312 layers or 504 parameters, expected fewer"},
    {"names that repetition makes too long",
     IMAGES "  - repeat: 2\n    name: abcdefghijklmnopqrstuvwxyzabcdefghij\n"
            "    layers: [gelu]\n" LAST,
     "4:11: the layers' names begin with 'abcdefghijklmnopqrstuvwxyzabcdefghij"
     "1.', expected at most 36 letters"},
    {"lists too deep",
     IMAGES
     "  - residual: [residual: [residual: [residual: [residual: [residual: "
     "[residual: [residual: [residual: [residual: [residual: [residual: "
     "[gelu]]]]]]]]]]]]\n" LAST,
     "3:136: lists of layers nested more than 12 deep, expected less"},
    {"too many weights", IMAGES "  - linear: 65536\n  - linear: 65536\n" LAST,
     "4:5: 65536 x 65536 weights, expected at most 2^30"},
    {"too many parameters",
     IMAGES "  - linear: 20000\n  - linear: 30000\n"
            "  - linear: 30000\n" LAST,
     "5:5: with this layer the model has more than 2^30 parameters, or values "
     "of an example, expected fewer"},
    {"an image at the end", IMAGES LAST "  - residual: [gelu]\n", NULL},
    {"a last layer that is an image", IMAGES "  - conv: 5\n",
     "3:5: the last layer gives 7 x 6 x 5, expected one row: a pool or linear "
     "layer"},
    {"a last layer of another width", IMAGES LAST "  - linear: 4\n",
     "4:5: the last layer gives 4, expected the 5 classes of the data"},
};
/* clang-format on */

static void
check_case(size_t i)
{
    const struct vn_shape shape = {7, 6, 2, 5};
    struct vn_graph *g = vn_xcalloc(1, sizeof *g);
    struct vn_error err = {0};
    struct vn_model *model;
    char got[512] = "fine";
    enum vn_status status = vn_model_parse(
        cases[i].text, strlen(cases[i].text), "x", "x.yaml", &model, &err);

    if (status == VN_OK)
        status = vn_model_build(model, &shape, g, &err);
    if (status != VN_OK)
        snprintf(got, sizeof got, "%ld:%ld: %s", err.line, err.column,
                 err.text);
    is_str(got, cases[i].message != NULL ? cases[i].message : "fine", "%s",
           cases[i].what);
    vn_model_close(model);
    free(g);
}

static void
check_open(void)
{
    char *path = data_path("model/net.yaml");
    const struct vn_shape shape = {8, 8, 3, 10};
    struct vn_graph *g = vn_xcalloc(1, sizeof *g);
    struct vn_graph *again = vn_xcalloc(1, sizeof *g);
    struct vn_model *model;
    struct vn_error err = {0};

    is_int(vn_model_open(path, &model, &err), VN_OK, "a file");
    is_str(model->name, "net", "is called as it is");
    ok(model->rate == 0.05 && !model->sequence, "and has its rate");
    is_int(vn_model_option(model, "blocks"), 2, "an option");
    is_int(vn_model_option(model, "depth"), 0, "that it has not");
    is_int(vn_model_build(model, &shape, g, &err), VN_OK, "is built");
    is_str(g->params[0].name, "first.weight", "a parameter has its name");
    is_str(g->params[1].name, "block1.norm1.gamma", "one inside a block");
    is_str(g->params[g->nparams - 1].name, "linear1.bias", "one by counting");
    is_int(vn_model_set(model, "blocks", 3, &err), VN_OK, "an option is set");
    is_int(vn_model_build(model, &shape, again, &err), VN_OK, "built again");
    is_int(again->nparams - g->nparams, 6, "it has a block more");
    ok(vn_graph_hash(g) != vn_graph_hash(again), "and another hash");
    is_int(vn_model_set(model, "block", 3, &err), VN_EUSAGE,
           "an option that is not there");
    is_str(err.text, "model net has no option 'block', expected blocks",
           "is refused");
    is_int(vn_model_set(model, "blocks", 0, &err), VN_EUSAGE, "nor is 0 set");
    is_str(err.text, "option 'blocks' of model net is 0, expected 1 to 65536",
           "which is said");
    vn_model_close(model);
    is_int(vn_model_open("/nowhere.yaml", &model, &err), VN_EIO,
           "a file that is not there");
    is_str(err.text, "/nowhere.yaml: No such file or directory", "is said");
    is_int(vn_model_open("mpl", &model, &err), VN_EUSAGE, "a misspelt name");
    is_str(err.text,
           "no model is called 'mpl'; did you mean 'mlp'?, expected mlp, "
           "resnet8, resnet20, gpt or a FILE.yaml",
           "names the nearest");
    free(path);
    free(g);
    free(again);
}

int
main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(i);
    check_open();
    return done_testing();
}
