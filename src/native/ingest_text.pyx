# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, embedsignature=True
"""What extraction asks of every byte or letter of a page, compiled; each function names the one in Python that does the same."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcpy

import re
import unicodedata

cdef extern from "Python.h":
    object PyUnicode_FromKindAndData(int kind, const void* buffer, Py_ssize_t size)
    object PyUnicode_DecodeASCII(const char* text, Py_ssize_t size, const char* errors)
    bint PyUnicode_IS_ASCII(str text)
    int PyUnicode_4BYTE_KIND

ctypedef unsigned char byte


cdef inline byte _lower(byte c) noexcept:
    return c + 32 if 65 <= c <= 90 else c


cdef bint _is_formatting_with_attributes(const byte* at, const byte* end) noexcept:
    """Whether a tag's name may be that of a formatting element, with something behind it: ``_FORMATTING_WITH_ATTRIBUTES``."""
    cdef byte first = _lower(at[0])
    if memchr(b"bcefistu", first, 8) == NULL:
        return False
    at += 1
    return (
        _goes_on(at, end, b"") or _goes_on(at, end, b"ig") or _goes_on(at, end, b"ode") or _goes_on(at, end, b"m")
        or _goes_on(at, end, b"ont") or _goes_on(at, end, b"mall") or _goes_on(at, end, b"trike") or _goes_on(at, end, b"trong")
        or _goes_on(at, end, b"t")
    )


cdef bint _goes_on(const byte* at, const byte* end, const char* rest) noexcept:
    """Whether a name goes on like that, and white space or a slash follows it."""
    while rest[0]:
        if at == end or _lower(at[0]) != <byte>rest[0]:
            return False
        at += 1
        rest += 1
    return at != end and (at[0] == 32 or at[0] == 9 or at[0] == 10 or at[0] == 12 or at[0] == 13 or at[0] == b"/")


include "lean.pxi"


def lost_characters(bytes text):
    """How many U+FFFD a text in UTF-8 has, -1 where it is no UTF-8 (RFC 3629, as Python decodes it)."""
    cdef const byte* at = <const byte*>PyBytes_AS_STRING(text)
    cdef const byte* end = at + PyBytes_GET_SIZE(text)
    cdef Py_ssize_t lost = 0
    cdef uint64_t eight
    cdef uint64_t[8] many
    cdef byte first
    while at < end:
        while end - at >= 64:
            memcpy(many, at, 64)
            if (many[0] | many[1] | many[2] | many[3] | many[4] | many[5] | many[6] | many[7]) & 0x8080808080808080ULL:
                break
            at += 64
        if end - at >= 8:
            memcpy(&eight, at, 8)
            if not eight & 0x8080808080808080ULL:
                at += 8
                continue
        first = at[0]
        if first < 0x80:
            at += 1
        elif first < 0xC2:
            return -1
        elif first < 0xE0:
            if end - at < 2 or at[1] & 0xC0 != 0x80:
                return -1
            at += 2
        elif first < 0xF0:
            if end - at < 3 or at[1] & 0xC0 != 0x80 or at[2] & 0xC0 != 0x80:
                return -1
            if (first == 0xE0 and at[1] < 0xA0) or (first == 0xED and at[1] >= 0xA0):
                return -1
            lost += first == 0xEF and at[1] == 0xBF and at[2] == 0xBD
            at += 3
        elif first < 0xF5:
            if end - at < 4 or at[1] & 0xC0 != 0x80 or at[2] & 0xC0 != 0x80 or at[3] & 0xC0 != 0x80:
                return -1
            if (first == 0xF0 and at[1] < 0x90) or (first == 0xF4 and at[1] >= 0x90):
                return -1
            at += 4
        else:
            return -1
    return lost


def wide_letters(str text):
    """How many Chinese, Japanese and Korean characters a text has: ``prose``."""
    cdef Py_ssize_t at, count = 0, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_UCS4 c
    if kind == 1:
        return 0
    for at in range(length):
        c = PyUnicode_READ(kind, data, at)
        if c >= 0x3040:
            count += (
                c <= 0x30FF or 0x3400 <= c <= 0x4DBF or 0x4E00 <= c <= 0x9FFF or 0xAC00 <= c <= 0xD7AF or 0xF900 <= c <= 0xFAFF
            )
    return count


cdef extern from "Python.h":
    bint Py_UNICODE_ISALNUM(Py_UCS4 c)
    object PyUnicode_Substring(object text, Py_ssize_t start, Py_ssize_t end)


cdef inline bint _is_unspaced(Py_UCS4 c) noexcept:
    """``fingerprint.UNSPACED``"""
    return c >= 0x0E00 and (
        c <= 0x0EFF or 0x1000 <= c <= 0x109F or 0x1780 <= c <= 0x17FF or 0x3040 <= c <= 0x30FF or 0x3400 <= c <= 0x4DBF
        or 0x4E00 <= c <= 0x9FFF or 0xF900 <= c <= 0xFAFF
    )


cdef inline bint _is_mark(Py_UCS4 c) noexcept:
    """``fingerprint.MARKS``"""
    return c >= 0x0300 and (
        c <= 0x036F or 0x0591 <= c <= 0x05BD or 0x05BF <= c <= 0x05C7
        or 0x0610 <= c <= 0x061A or 0x064B <= c <= 0x065F or c == 0x0670 or 0x06D6 <= c <= 0x06ED or 0x0900 <= c <= 0x0963
        or 0x0971 <= c <= 0x0DF3
    )


cdef inline bint _is_word_character(Py_UCS4 c) noexcept:
    return (Py_UNICODE_ISALNUM(c) or c == 0x5F) and not _is_unspaced(c)


cdef Py_ssize_t _word_end(int kind, void* data, Py_ssize_t at, Py_ssize_t length) noexcept:
    """Where the word that begins at a place ends: the place itself where none does."""
    cdef Py_UCS4 c = PyUnicode_READ(kind, data, at)
    if _is_unspaced(c):
        return at + 1
    if not _is_word_character(c):
        return at
    at += 1
    while at < length:
        c = PyUnicode_READ(kind, data, at)
        if _is_word_character(c) or _is_mark(c):
            at += 1
        elif (c == 0x27 or c == 0x2019) and at + 1 < length and _is_word_character(PyUnicode_READ(kind, data, at + 1)):
            at += 2
        else:
            break
    return at


def runs(str text):
    """The runs of letters, digits and underscores in a text, each once: what the pattern ``\\w+`` finds."""
    cdef Py_ssize_t at = 0, start, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_UCS4 c
    cdef set found = set()
    while at < length:
        start = at
        while at < length:
            c = PyUnicode_READ(kind, data, at)
            if not (Py_UNICODE_ISALNUM(c) or c == 0x5F):
                break
            at += 1
        if at > start:
            found.add(PyUnicode_Substring(text, start, at))
        at += 1
    return found


cdef inline bint _stands_for_itself(Py_UCS4 c) noexcept:
    """Whether a character is shown, no space, and what Unicode's NFC leaves it to be, whatever stands around it."""
    return (
        32 < c < 127 or (0xA1 <= c <= 0x2FF and c != 0xAD) or 0x2010 <= c <= 0x2027 or 0x2030 <= c <= 0x205E
        or 0x3041 <= c <= 0x3096 or 0x30A1 <= c <= 0x30FA or 0x4E00 <= c <= 0x9FA5 or 0xAC00 <= c <= 0xD7A3
    )


def is_plain(str text):
    """Whether ``clean_text`` has nothing to do: no markup, entities, control characters and superfluous spaces, as far as this can tell."""
    cdef Py_ssize_t at, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_UCS4 c, before = 32
    for at in range(length):
        c = PyUnicode_READ(kind, data, at)
        if c == 38 or c == 60 or (before == 32 if c == 32 else not _stands_for_itself(c)):  # & and <
            return False
        before = c
    return length == 0 or before != 32


def count_words(str text):
    """How many words a text has: ``fingerprint.word_count``."""
    cdef Py_ssize_t at = 0, end, count = 0, length = PyUnicode_GET_LENGTH(text)
    while at < length:
        end = _word_end(PyUnicode_KIND(text), PyUnicode_DATA(text), at, length)
        count += end > at
        at = end if end > at else at + 1
    return count


def words(str text):
    """The words of a text: ``fingerprint.words``."""
    cdef Py_ssize_t at = 0, end, length = PyUnicode_GET_LENGTH(text)
    cdef list found = []
    while at < length:
        end = _word_end(PyUnicode_KIND(text), PyUnicode_DATA(text), at, length)
        if end > at:
            found.append(PyUnicode_Substring(text, at, end))
            at = end
        else:
            at += 1
    return found


# What ``keys.key`` makes of a character by itself, for those that no other one changes: European letters, signs, kana; Chinese characters
# and Korean syllables stay as they are. What combines with the character before it is left to Python.
cdef enum:
    EUROPEAN_END = 0x590
    SIGNS = 0x2000
    SIGNS_END = 0x3100
    LONGEST_KEY = 3  # characters that one becomes
    OTHER = 0xFFFFFFFF

cdef object _between = re.compile(r"[\W_]+")
cdef Py_UCS4 _keys[EUROPEAN_END + SIGNS_END - SIGNS][LONGEST_KEY + 1]
for _place in range(EUROPEAN_END + SIGNS_END - SIGNS):
    _code = _place if _place < EUROPEAN_END else _place - EUROPEAN_END + SIGNS
    _form = _between.sub("", unicodedata.normalize("NFKC", chr(_code)).casefold())
    _is_alone = len(_form) <= LONGEST_KEY and not unicodedata.combining(unicodedata.normalize("NFKD", chr(_code))[0])
    _keys[_place][0] = len(_form) if _is_alone else <Py_UCS4>OTHER
    for _at in range(len(_form) if _is_alone else 0):
        _keys[_place][_at + 1] = ord(_form[_at])


cdef byte _ascii_keys[128]  # 0 for what no key has
for _code in range(128):
    _ascii_keys[_code] = ord(chr(_code).lower()) if chr(_code).isalnum() else 0


cdef str _ascii_key(str text):
    cdef const byte* at = <const byte*>PyUnicode_DATA(text)
    cdef const byte* end = at + PyUnicode_GET_LENGTH(text)
    cdef byte buffer[512]
    cdef byte* letters = &buffer[0]
    cdef Py_ssize_t count = 0
    if end - at > 512:
        letters = <byte*>malloc(end - at)
    if letters == NULL:
        raise MemoryError
    try:
        while at < end:
            letters[count] = _ascii_keys[at[0]]
            count += letters[count] != 0
            at += 1
        return PyUnicode_DecodeASCII(<const char*>letters, count, NULL)
    finally:
        if letters != &buffer[0]:
            free(letters)


def key(str text):
    """``keys.key`` of a text, None where it has characters that this cannot judge one by one."""
    if PyUnicode_IS_ASCII(text):
        return _ascii_key(text)
    cdef Py_ssize_t at, letter, count = 0, length = PyUnicode_GET_LENGTH(text)
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_UCS4 c
    cdef Py_UCS4* form
    cdef Py_UCS4* letters = <Py_UCS4*>malloc((length * LONGEST_KEY + 1) * sizeof(Py_UCS4))
    if letters == NULL:
        raise MemoryError
    try:
        for at in range(length):
            c = PyUnicode_READ(kind, data, at)
            if c < EUROPEAN_END:
                form = _keys[<long>c]
            elif SIGNS <= c < SIGNS_END:
                form = _keys[<long>c - SIGNS + EUROPEAN_END]
            elif 0x4E00 <= c <= 0x9FFF or 0xAC00 <= c <= 0xD7A3:
                letters[count] = c
                count += 1
                continue
            else:
                return None
            if form[0] == <Py_UCS4>OTHER:
                return None
            for letter in range(<Py_ssize_t>form[0]):
                letters[count] = form[letter + 1]
                count += 1
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, letters, count)
    finally:
        free(letters)
