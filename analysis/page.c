#include "config.h"

#include "analysis/page.h"

#include "base/file.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Colours have a contrast of 7 to 1 and more in both modes. */
static const char style[] =
    ":root{color-scheme:light dark;--ground:#fff;--text:#1c1c1c;"
    "--soft:#525252;--line:#d4d4d4;--mark:#8a3b00;--link:#004c8c;"
    "--stripe:#f5f5f5}\n"
    "@media(prefers-color-scheme:dark){:root{--ground:#141414;--text:#ececec;"
    "--soft:#b8b8b8;--line:#3d3d3d;--mark:#ffb870;--link:#8fc7ff;"
    "--stripe:#1e1e1e}\n"
    "figure img{filter:invert(.92) hue-rotate(180deg)}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:64rem;padding:1rem;background:var(--ground);"
    "color:var(--text);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "h1{font-size:1.5rem;line-height:1.25}\n"
    "h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid "
    "var(--line)}\n"
    "h3{font-size:1rem}\n"
    "a{color:var(--link)}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.875rem;"
    "font-variant-numeric:tabular-nums}\n"
    "small{display:block;color:var(--soft)}\n"
    ".figures{display:grid;gap:0 2rem;align-items:end;grid-template-columns:"
    "repeat(auto-fit,minmax(min(100%,26rem),1fr))}\n"
    "th,td{padding:.25rem .6rem;text-align:right;white-space:nowrap;"
    "border-bottom:1px solid var(--line)}\n"
    "th:first-child,td:first-child{text-align:left;white-space:normal;"
    "min-width:6rem}\n"
    "tbody tr:nth-child(even){background:var(--stripe)}\n"
    "th button{all:unset;cursor:pointer}\n"
    "th button:focus-visible{outline:2px solid var(--link)}\n"
    "dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;"
    "gap:.1rem 1rem;font-size:.9rem}\n"
    "dt{color:var(--soft)}dd{margin:0;min-width:0}\n"
    "pre{white-space:pre-wrap;background:var(--stripe);padding:.5rem;"
    "font-size:.8rem}\n"
    ".know li{color:var(--mark)}\n"
    ".soft{color:var(--soft)}\n"
    "figure{margin:1.5rem 0;break-inside:avoid}\n"
    "figure img{display:block;max-width:100%;height:auto}\n"
    "figcaption{color:var(--soft);font-size:.875rem}\n"
    "@media print{body{max-width:none;font-size:9pt}.wide{overflow:visible}"
    "th,td{white-space:normal;padding:.1rem .3rem}"
    "figure img{filter:none}h2{break-after:avoid}}\n";

/* Buttons are put into headings by the script, so that without it there are
 * none that do nothing. */
static const char script[] =
    "document.querySelectorAll('table.sortable').forEach(t=>{"
    "t.querySelectorAll('thead th').forEach((h,i)=>{"
    "const b=document.createElement('button');"
    "b.type='button';b.title='sort';b.append(...h.childNodes);h.append(b);"
    "let up=false;b.onclick=()=>{up=!up;"
    "const key=r=>{const c=r.cells[i];return 'n' in c.dataset?"
    "+c.dataset.n:c.textContent};"
    "const rows=[...t.tBodies[0].rows].sort((x,y)=>{const a=key(x),d=key(y);"
    "return (a<d?-1:a>d?1:0)*(up?1:-1)});"
    "t.querySelectorAll('th').forEach(o=>o.removeAttribute('aria-sort'));"
    "h.setAttribute('aria-sort',up?'ascending':'descending');"
    "t.tBodies[0].append(...rows)}})})";

void
vn_page_text(FILE *out, const char *text)
{
    fputs("<bdi>", out);
    for (; *text != '\0'; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            putc((unsigned char) *text < ' ' || *text == 127 ? ' ' : *text,
                 out);
        }
    fputs("</bdi>", out);
}

void
vn_page_begin(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
          "'none'; img-src data:; style-src 'unsafe-inline'; script-src "
          "'unsafe-inline'\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
          out);
    /* No element may stand in a title. */
    for (const char *c = title; *c != '\0'; c++)
        if (strchr("<>&", *c) == NULL)
            putc((unsigned char) *c < ' ' ? ' ' : *c, out);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>",
            style);
    vn_page_text(out, title);
    fputs("</h1>\n", out);
}

void
vn_page_end(FILE *out)
{
    fprintf(out, "<script>%s</script>\n</body>\n</html>\n", script);
}

void
vn_page_cell(FILE *out, const char *kind, const char *text)
{
    fprintf(out, "<%s%s>", kind,
            strcmp(kind, "th") == 0 ? " scope=\"col\"" : "");
    vn_page_text(out, text != NULL ? text : "");
    fprintf(out, "</%s>", kind);
}

void
vn_page_number(FILE *out, double number, const char *shown)
{
    /* What is not known stands last, or first. */
    fprintf(out, "<td data-n=\"%.9g\">", isfinite(number) ? number : -1e300);
    fputs(isfinite(number) ? shown : "-", out);
    fputs("</td>", out);
}

/* Three bytes as four letters, of a stream. */
static void
write_base64(FILE *in, FILE *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char b[3];
    size_t n;

    while ((n = fread(b, 1, 3, in)) > 0) {
        uint32_t word = (uint32_t) b[0] << 16;

        word |= n > 1 ? (uint32_t) b[1] << 8 : 0;
        word |= n > 2 ? (uint32_t) b[2] : 0;
        putc(letters[word >> 18], out);
        putc(letters[word >> 12 & 63], out);
        putc(n > 1 ? letters[word >> 6 & 63] : '=', out);
        putc(n > 2 ? letters[word & 63] : '=', out);
    }
}

enum vn_status
vn_page_figure(FILE *out, const char *path, const char *name,
               const char *summary, struct vn_error *err)
{
    FILE *in;
    enum vn_status status = vn_file_open(path, &in, err);

    if (status != VN_OK)
        return status;
    fprintf(out,
            "<figure id=\"%s\">\n<img alt=\"%s\" src=\"data:image/svg+xml;"
            "base64,",
            name, summary);
    write_base64(in, out);
    fprintf(out, "\">\n<figcaption>%s: %s</figcaption>\n</figure>\n", name,
            summary);
    if (ferror(in))
        status = vn_file_failed(path, err);
    vn_file_close(in);
    return status;
}
