"""``lean_markup.py``: a page without what is in its scripts, styles and drawings."""

from cpython.ref cimport Py_DECREF
from cpython.object cimport PyObject
from libc.string cimport strlen

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** text, Py_ssize_t size) except -1
    PyObject* _new_bytes "PyBytes_FromStringAndSize"(const char* text, Py_ssize_t size) except NULL


cdef const char* MARK = b" data-lean>"
cdef enum:
    MARK_LENGTH = 11


cdef inline bint _is_html_space(byte c) noexcept:
    return c == 32 or c == 10 or c == 9 or c == 13 or c == 12


cdef bint _begins(const byte* at, const byte* end, const char* name) noexcept:
    """Whether a text begins with a name (in lower case), in capitals or not."""
    while name[0]:
        if at == end or _lower(at[0]) != <byte>name[0]:
            return False
        at += 1
        name += 1
    return True


cdef bint _is_named(const byte* at, const byte* end, const char* name) noexcept:
    """Whether a tag has that name, and something behind it."""
    cdef const byte* after = at + strlen(name)
    return after < end and (after[0] == b">" or after[0] == b"/" or _is_html_space(after[0])) and _begins(at, end, name)


cdef const byte* _tag_end(const byte* at, const byte* end) noexcept:
    """The ``>`` of a tag, from behind its name on; NULL where a ``<`` comes first, or none does."""
    cdef byte quote
    while at < end:
        if at[0] == b">":
            return at
        if at[0] == b"<":
            return NULL
        if at[0] == b'"' or at[0] == b"'":
            quote = at[0]
            at += 1
            while at < end and at[0] != quote:
                if at[0] == b"<":
                    return NULL
                at += 1
            if at == end:
                return NULL
        at += 1
    return NULL


cdef struct _Counts:
    Py_ssize_t tags, closings, formatting


cdef inline void _count(const byte* at, const byte* end, _Counts* counts) noexcept:
    """Count a tag, from behind its ``<`` on."""
    counts.tags += 1
    if at == end:
        return
    if at[0] == b"/":
        counts.closings += 1
    elif _is_formatting_with_attributes(at, end):
        counts.formatting += 1


cdef const byte* _script_end(const byte* at, const byte* end, _Counts* counts) noexcept:
    """The end tag of a script, NULL where another script or a comment begins before it; the tags before it are counted."""
    while True:
        at = <const byte*>memchr(at, b"<", end - at)
        if at == NULL:
            return NULL
        if at + 1 < end and at[1] == b"/":
            if _is_named(at + 2, end, b"script"):
                return at
        elif _begins(at + 1, end, b"script") or _begins(at + 1, end, b"!--"):
            return NULL
        at += 1
        _count(at, end, counts)


cdef const byte* _style_end(const byte* at, const byte* end) noexcept:
    at = <const byte*>memchr(at, b"<", end - at)
    return at if at != NULL and at + 1 < end and at[1] == b"/" and _is_named(at + 2, end, b"style") else NULL


cdef bint _is_shape(const byte* at, const byte* end) noexcept:
    cdef byte first = _lower(at[0]) if at < end else 0
    if first == b"p":
        return _is_named(at, end, b"path") or _is_named(at, end, b"polygon") or _is_named(at, end, b"polyline")
    if first == b"g":
        return _is_named(at, end, b"g")
    if first == b"c":
        return _is_named(at, end, b"circle") or _is_named(at, end, b"clippath")
    if first == b"r":
        return _is_named(at, end, b"rect") or _is_named(at, end, b"radialgradient")
    if first == b"l":
        return _is_named(at, end, b"line") or _is_named(at, end, b"lineargradient")
    if first == b"s":
        return _is_named(at, end, b"stop") or _is_named(at, end, b"symbol")
    return (
        _is_named(at, end, b"use") or _is_named(at, end, b"defs") or _is_named(at, end, b"ellipse") or _is_named(at, end, b"mask")
    )


cdef const byte* _drawing_end(const byte* at, const byte* end, _Counts* counts) noexcept:
    """The end tag of a drawing, NULL where anything but shapes is in it; the tags before it are counted."""
    cdef const byte* name
    while True:
        while at < end and _is_html_space(at[0]):
            at += 1
        if at == end or at[0] != b"<":
            return NULL
        name = at + 2 if at + 1 < end and at[1] == b"/" else at + 1
        if not _is_shape(name, end):
            return at if name == at + 2 and _is_named(name, end, b"svg") else NULL
        _count(at + 1, end, counts)
        at = _tag_end(name, end)
        if at == NULL:
            return NULL
        at += 1


cdef bint _says_json(const byte* at, const byte* end) noexcept:
    while at < end:
        if _lower(at[0]) == b"j" and _begins(at, end, b"json"):
            return True
        at += 1
    return False


cdef bint _ends_comment(const byte* at, const byte* end) noexcept:
    """Whether a text has ``-->`` in it: without an early end, so that the compiler takes many bytes at once."""
    cdef Py_ssize_t i, length = end - at
    cdef byte found = 0
    for i in range(2, length):
        found |= (at[i] == 62) & (at[i - 1] == 45) & (at[i - 2] == 45)
    return found != 0


cdef const byte* _comment_end(const byte* at, const byte* end) noexcept:
    """The ``-->`` of a comment, the text's end where there is none."""
    cdef const byte* start = at
    while True:
        at = <const byte*>memchr(at, b">", end - at)
        if at == NULL:
            return end
        if at - start >= 2 and at[-1] == b"-" and at[-2] == b"-":
            return at - 2
        at += 1


cdef const byte* _end_tag(const byte* at, const byte* end, const char* name) noexcept:
    """The end tag of an element (its name with the slash), the text's end where there is none."""
    while True:
        at = <const byte*>memchr(at, b"<", end - at)
        if at == NULL:
            return end
        if _begins(at + 1, end, name):
            return at
        at += 1


def survey(bytes text):
    """``costly_markup.count_markup`` and ``lean_markup.lean`` in one pass."""
    cdef const byte* start = <const byte*>PyBytes_AS_STRING(text)
    cdef const byte* end = start + PyBytes_GET_SIZE(text)
    cdef const byte* at = start
    cdef const byte* copied = start
    cdef const byte* content
    cdef const byte* content_end
    cdef const byte* tag
    cdef const byte* passed_over = start  # nothing is emptied before
    cdef byte first
    cdef PyObject* kept = NULL
    cdef char* place = NULL
    cdef bint is_data
    cdef size_t name_length
    cdef _Counts counts = _Counts(0, 0, 0), within
    cdef Py_ssize_t cuts = 0
    while True:
        at = <const byte*>memchr(at, b"<", end - at)
        if at == NULL:
            break
        at += 1
        _count(at, end, &counts)
        if at == end or at < passed_over:
            continue
        first = _lower(at[0])
        if first == b"!":
            if _begins(at, end, b"!--"):
                passed_over = _comment_end(at + 3, end)
            continue
        if first != b"s" and first != b"t" and first != b"n":
            continue
        if at - start > 1 and (at[-2] == b'"' or at[-2] == b"'"):
            continue
        if first == b"t":
            if _is_named(at, end, b"template"):
                passed_over = _end_tag(at + 8, end, b"/template")
            continue
        if first == b"n":
            if _is_named(at, end, b"noscript"):
                passed_over = _end_tag(at + 8, end, b"/noscript")
            continue
        tag = at
        name_length = 6 if _is_named(tag, end, b"script") else 5 if _is_named(tag, end, b"style") else 3 if _is_named(tag, end, b"svg") else 0
        if not name_length:
            continue
        content = _tag_end(tag + name_length, end)
        if content == NULL:
            continue
        at = content = content + 1
        if content[-2] == b"/":
            continue
        is_data = False
        within = _Counts(0, 0, 0)
        if name_length == 6:
            content_end = _script_end(content, end, &within)
            is_data = content_end != NULL and _says_json(tag, content)
        elif name_length == 5:
            content_end = _style_end(content, end)
        else:
            content_end = _drawing_end(content, end, &within)
        if content_end == NULL:
            if name_length == 6:
                passed_over = _end_tag(content, end, b"/script")
            continue
        if not is_data and _ends_comment(content, content_end):
            continue
        at = content_end
        counts.tags += within.tags
        counts.closings += within.closings
        counts.formatting += within.formatting
        if not is_data and content_end - content >= MARK_LENGTH:
            cuts += 1
            if kept == NULL:
                kept = _new_bytes(NULL, end - start)
                place = PyBytes_AS_STRING(<object>kept)
            memcpy(place, copied, content - 1 - copied)
            place += content - 1 - copied
            memcpy(place, MARK, MARK_LENGTH)
            place += MARK_LENGTH
            copied = content_end
    if kept == NULL:
        return counts.tags, counts.closings, counts.formatting, text, 0
    memcpy(place, copied, end - copied)
    place += end - copied
    _PyBytes_Resize(&kept, place - PyBytes_AS_STRING(<object>kept))
    lean = <object>kept
    Py_DECREF(lean)
    return counts.tags, counts.closings, counts.formatting, lean, cuts
